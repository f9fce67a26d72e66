"""The months' names, as newspapers print them in dates."""

_NAMES = """
    january jan januar jänner janvier janv enero ene janeiro gennaio gen januari januára januar stycznia января янв січня січ ocak ledna ianuarie január tammikuuta \
        يناير januara januára januari בינואר ינואר ιανουαρίου януари جنوری ژانویه
    februar february feb februar feber février févr fevr febrero fevereiro fev febbraio februari lutego февраля фев лютого şubat února februarie február helmikuuta \
        فبراير شباط februara februára pebruari בפברואר פברואר φεβρουαρίου февруари فروری فوریه
    march mar märz maerz mars marzo março maart marca марта мар березня mart března martie március maaliskuuta \
        مارس آذار marta marts maret machi במרץ מרץ μαρτίου مارچ
    april apr avril avr abril abr aprile kwietnia апреля апр квітня nisan dubna aprilie április huhtikuuta \
        أبريل ابريل نيسان aprila apríla aprili באפריל אפריל απριλίου април اپریل آوریل
    may mai mayo maio maggio mag mei maj maja мая травня mayıs května május toukokuuta \
        مايو أيار mája במאי מאי μαΐου μαίου май مئی
    june jun juni juin junio junho giugno giu czerwca июня июн червня haziran června iunie június kesäkuuta \
        يونيو يونيه حزيران juna júna ביוני יוני ιουνίου юни جون ژوئن
    july jul juli juillet juil julio julho luglio lug lipca июля июл липня temmuz července iulie július heinäkuuta \
        يوليو يوليه تموز jula júla julai ביולי יולי ιουλίου юли جولائی ژوئیه
    august aug août aout agosto ago augustus augusti sierpnia августа авг серпня ağustos srpna augusztus elokuuta \
        أغسطس avgusta augusta agustus agosti באוגוסט אוגוסט αυγούστου август اگست
    september sep sept septembre septiembre setembro set settembre września сентября сен вересня eylül září septembrie szeptember syyskuuta \
        سبتمبر أيلول septembra septemba בספטמבר ספטמבר σεπτεμβρίου септември ستمبر سپتامبر
    october oct oktober okt octobre octubre outubro out ottobre ott października октября окт жовтня ekim října octombrie október lokakuuta \
        أكتوبر اكتوبر oktobra októbra oktoba באוקטובר אוקטובר οκτωβρίου октомври اکتوبر اکتبر
    november nov novembre noviembre novembro listopada ноября ноя листопада kasım noiembrie marraskuuta \
        نوفمبر novembra novemba בנובמבר נובמבר νοεμβρίου ноември نومبر نوامبر
    december dec dezember dez décembre déc diciembre dic dezembro dicembre desember grudnia декабря дек грудня aralık prosince decembrie joulukuuta \
        ديسمبر decembra desemba disember בדצמבר דצמבר δεκεμβρίου декември دسمبر دسامبر
"""
_MONTHS = {name: month for month, line in enumerate(_NAMES.split("\n")[1:-1], 1) for name in line.split()}


def month_of(name: str) -> int | None:
    """The number of a month, from its name or its usual abbreviation.

    >>> month_of("März"), month_of("Sept"), month_of("Monday")
    (3, 9, None)
    """
    return _MONTHS.get(name.lower())
