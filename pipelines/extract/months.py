"""The months' names, as newspapers print them in dates."""

_NAMES = """
    january jan januar jänner janvier janv enero ene janeiro gennaio gen januari januára januar stycznia января янв січня січ ocak ledna ianuarie január tammikuuta
    februar february feb februar feber février févr fevr febrero fevereiro fev febbraio februari lutego февраля фев лютого şubat února februarie február helmikuuta
    march mar märz maerz mars marzo março maart marca марта мар березня mart března martie március maaliskuuta
    april apr avril avr abril abr aprile kwietnia апреля апр квітня nisan dubna aprilie április huhtikuuta
    may mai mayo maio maggio mag mei maj maja мая травня mayıs května május toukokuuta
    june jun juni juin junio junho giugno giu czerwca июня июн червня haziran června iunie június kesäkuuta
    july jul juli juillet juil julio julho luglio lug lipca июля июл липня temmuz července iulie július heinäkuuta
    august aug août aout agosto ago augustus augusti sierpnia августа авг серпня ağustos srpna augusztus elokuuta
    september sep sept septembre septiembre setembro set settembre września сентября сен вересня eylül září septembrie szeptember syyskuuta
    october oct oktober okt octobre octubre outubro out ottobre ott października октября окт жовтня ekim října octombrie október lokakuuta
    november nov novembre noviembre novembro listopada ноября ноя листопада kasım noiembrie marraskuuta
    december dec dezember dez décembre déc diciembre dic dezembro dicembre desember grudnia декабря дек грудня aralık prosince decembrie joulukuuta
"""
_MONTHS = {name: month for month, line in enumerate(_NAMES.split("\n")[1:-1], 1) for name in line.split()}


def month_of(name: str) -> int | None:
    """The number of a month, from its name or its usual abbreviation.

    >>> month_of("März"), month_of("Sept"), month_of("Monday")
    (3, 9, None)
    """
    return _MONTHS.get(name.lower())
