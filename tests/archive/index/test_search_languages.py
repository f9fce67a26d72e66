"""Readers of many languages find what they mean, typed as they type it, and not what they do not mean."""

from collections.abc import Iterator

import pytest

from archive.index.search import SearchDocument, SearchIndex

# Sentences as newspapers print them; names and events are made up.
TEXTS = {
    "ar": "أعلنت وزارةُ الصِّحّة، يوم الأحد ١٥ آذار، إغلاقَ المستشفى القديم في مدينة الميناء بعد تسرّبِ المياه إلى الطابق الأول. وقال المدير علي أبو الخير إنّ المرضى نُقلوا.",
    "ar-2": "افتتح رئيس البلدية مدرسة جديدة للبنات، وأكد مسؤول التعليم أن العـــدد بلغ ٣٠٠ طالبة.",
    "fa": "وزیر راه گفت پل‌های تازه‌ساز شهر تا ۲۵ مهر ۱۴۰۵ بازگشایی می‌شوند و کارگران به خانه‌هایشان برمی‌گردند. او مسئول پروژه را «علی کریمی» معرفی کرد.",
    "fa-2": "قیمت نان در استان‌های جنوبی گران‌تر شد؛ نانوایی‌ها می‌گویند آرد کمیاب است.",
    "zh-Hans": "市政府星期三宣布，跨海大桥将关闭三周，进行全面检修。交通局局长王建国说，预计每天有５万辆汽车绕行。",
    "zh-Hant": "市政府週三宣布，跨海大橋將關閉三週，進行全面檢修。臺北捷運延長營運時間。",
    "ja": "気象庁は１２日、台風７号が九州に接近すると発表した。スーパーマーケットでは、ガソリンや水の買いだめが続いている。「サッカー・ワールドカップ」の予選も中止に。",
    "ja-2": "ﾃﾚﾋﾞ局の記者によると、ねこカフェが人気を集めている。",
    "ko": "서울시는 4일 한강다리의 통행을 제한한다고 밝혔다. 국민연금공단은 내년부터 보험료를 올리기로 했다.",
    "th": "นายกรัฐมนตรีประกาศปิดสะพานข้ามแม่น้ำเจ้าพระยาเป็นเวลา ๓ สัปดาห์ ชาวบ้านกว่า 500 คนเดือดร้อน",
    "ru": "Мэр Королёв объявил, что мост через реку ещё закрыт. Учёные всё чаще говорят о засухе; йод и вода есть в аптеках. Компания «Северсталь-авто» молчит.",
    "tr": "İstanbul Büyükşehir Belediyesi, Iğdır'dan gelen ışık kaynaklarını inceledi. DİYARBAKIR’da çalışan ISITMA şirketi sınıfta kaldı; Kız Kulesi kapalı.",
    "de": "Die Straßenbahn fährt wieder über die große Brücke in München. Außenminister Müller lobte die Maß­nahmen und Grüße aus Köln; der Fußgängerüberweg bleibt zu.",
    "el": "Ο Οδυσσέας Παπαδόπουλος δήλωσε ότι ο δρόμος προς την ΑΘΉΝΑ είναι κλειστός. Οι αριθμοί των ανέργων αυξάνονται.",
    "vi": "Thủ tướng Trần Văn Đức cho biết cầu Cần Thơ sẽ đóng cửa ba tuần vì lũ lụt ở Đồng bằng sông Cửu Long.",
    "hi": "मुख्यमंत्री ने कहा कि पुल २५ जुलाई तक बंद रहेगा और ज़िला अस्पताल में मरीज़ों की संख्या बढ़ी है।",
    "he": 'רֹאשׁ הָעִיר הודיע כי הגשר ייסגר לשלושה שבועות. צה״ל וגם ג׳ירפה הופיעו בידיעה על בי"ס חדש.',
    "id": "Pak Joko berkata jembatan itu ditutup, dan anak-anak bersekolah di rumah. Mobil-mobil diparkir di jalan Jend. Sudirman.",
    "en": "The U.S. Navy’s F-16s flew over the well-known harbour at 7.30 p.m.; O’Neil’s café lost €1,250.50. See https://news.example.org/a/harbour-bridge?id=9 or #SaveTheBridge by @port_watch. AT&T and COVID-19 were not mentioned, co-operation was. C++ wasn't.",
    "fr": "L’Élysée a confirmé qu’aujourd’hui le cœur de l’œuvre n’a pas été volé. Le garçon naïf a dit « déjà vu ».",
    "es": "El niño y la señora Muñoz vieron la inundación del año pasado en la Línea 3.",
    "pl": "Zażółć gęślą jaźń: burmistrz Łodzi zamknął źródło. ŻÓŁW śpi.",
    "ur": "وزیرِ اعظم نے کہا کہ لاہور کا پل تین ہفتے بند رہے گا اور ہسپتال کے مریض منتقل کیے گئے۔",
}

FIND = [
    # Arabic: without vowel marks, hamza, and with the letters of other keyboards.
    ("وزارة الصحة", "ar"), ("وزاره الصحه", "ar"), ("اغلاق المستشفي", "ar"), ("الأول", "ar"), ("الاول", "ar"),
    ("ابو الخير", "ar"), ("علی", "ar"), ("المرضى نقلوا", "ar"), ("15 اذار", "ar"), ("١٥", "ar"), ("اذار 15 -١٦", "ar"),
    ("مدرسه", "ar-2"), ("مسوول", "ar-2"), ("العدد", "ar-2"), ("300", "ar-2"), ('"مدرسة جديدة"', "ar-2"), ("رییس", "ar-2"),
    # Persian: Arabic yeh and kaf, ZWNJ as space, left out, or as it should be.
    ("پلهای", "fa"), ("پل های", "fa"), ("پل‌های", "fa"), ("كارگران", "fa"), ("کارگران", "fa"), ("ميشوند", "fa"),
    ("می شوند", "fa"), ("می‌شوند", "fa"), ("برميگردند", "fa"), ("تازه ساز", "fa"), ("تازهساز", "fa"), ("1405", "fa"),
    ("١٤٠٥", "fa"), ("مسیول", "fa"), ("علي كريمي", "fa"), ("خانه هایشان", "fa"), ('"۲۵ مهر"', "fa"),
    ("استانهای جنوبی", "fa-2"), ("گرانتر", "fa-2"), ("گران تر", "fa-2"), ("نانوایی", "fa-2"), ("آرد", "fa-2"), ("ارد", "fa-2"),
    # Chinese, in either script as it is written.
    ("大桥", "zh-Hans"), ("跨海大桥", "zh-Hans"), ("关闭三周", "zh-Hans"), ("王建国", "zh-Hans"), ("5万辆", "zh-Hans"),
    ("５万", "zh-Hans"), ("检修", "zh-Hans"), ("桥", "zh-Hans"), ("大橋", "zh-Hant"), ("臺北捷運", "zh-Hant"), ("週三", "zh-Hant"),
    # Japanese: widths, middle dots, parts of compounds.
    ("気象庁", "ja"), ("台風7号", "ja"), ("台風７号", "ja"), ("ｶﾞｿﾘﾝ", "ja"), ("ガソリン", "ja"), ("マーケット", "ja"),
    ("ワールドカップ", "ja"), ("サッカー ワールドカップ", "ja"), ("買いだめ", "ja"), ("九州", "ja"), ("12日", "ja"),
    ("テレビ", "ja-2"), ("ﾃﾚﾋﾞ局", "ja-2"), ("ねこ", "ja-2"), ("猫", None), ("カフェ", "ja-2"),
    # Korean: with and without particles, compounds typed with spaces or without.
    ("서울", "ko"), ("서울시", "ko"), ("한강 다리", "ko"), ("한강다리", "ko"), ("통행", "ko"), ("국민 연금", "ko"),
    ("국민연금", "ko"), ("연금공단", "ko"), ("보험료", "ko"), ("4일", "ko"),
    # Thai, without spaces.
    ("สะพาน", "th"), ("นายกรัฐมนตรี", "th"), ("แม่น้ำเจ้าพระยา", "th"), ("แม่น้ํา", "th"), ("3 สัปดาห์", "th"), ("500", "th"),
    ("ปิดสะพาน", "th"),
    # Russian.
    ("королев", "ru"), ("КОРОЛЁВ", "ru"), ("еще", "ru"), ("ученые все чаще", "ru"), ("йод", "ru"), ("северсталь", "ru"),
    ("северстальавто", "ru"), ('"северсталь авто"', "ru"),
    # Turkish: both i's in both cases, with and without the apostrophe.
    ("istanbul", "tr"), ("ISTANBUL", "tr"), ("İSTANBUL", "tr"), ("ığdır", "tr"), ("IĞDIR", "tr"), ("igdir", "tr"),
    ("iğdirdan", "tr"), ("ışık", "tr"), ("IŞIK", "tr"), ("isik", "tr"), ("diyarbakır", "tr"), ("DIYARBAKIRDA", "tr"),
    ("ısıtma", "tr"), ("büyükşehir", "tr"), ("buyuksehir belediyesi", "tr"), ("SINIFTA", "tr"), ("kız kulesi", "tr"),
    # German.
    ("strassenbahn", "de"), ("STRASSENBAHN", "de"), ("große", "de"), ("grosse", "de"), ("munchen", "de"), ("MÜNCHEN", "de"),
    ("Aussenminister", "de"), ("maßnahmen", "de"), ("massnahmen", "de"), ("koln", "de"), ("fussgangeruberweg", "de"),
    # Greek: accents, final sigma, capitals.
    ("οδυσσεας", "el"), ("ΟΔΥΣΣΕΑΣ", "el"), ("αθηνα", "el"), ("Αθήνα", "el"), ("δρομος κλειστος", "el"), ("ΚΛΕΙΣΤΌΣ", "el"),
    # Vietnamese, with and without signs, composed or not.
    ("tran van duc", "vi"), ("Trần Văn Đức", "vi"), ("can tho", "vi"), ("lũ lụt", "vi"), ("lu\u0303 lu\u0323t", "vi"), ("đong bang", "vi"),
    # Hindi: nukta as one letter or two, either digits.
    ("पुल", "hi"), ("25 जुलाई", "hi"), ("२५", "hi"), ("ज़िला", "hi"), ("ज\u093cिला", "hi"), ("मुख्यमंत्री", "hi"), ("मरीज़ों", "hi"),
    # Hebrew: with points and without.
    ("ראש העיר", "he"), ("רֹאשׁ", "he"), ("הגשר", "he"), ("צה\"ל", "he"), ("צה״ל", "he"), ("ג'ירפה", "he"), ("בי״ס", "he"),
    # Indonesian: doubled words.
    ("anak-anak", "id"), ("anak anak", "id"), ("anak", "id"), ("mobil", "id"), ("jend sudirman", "id"), ("ANAKANAK", "id"),
    # English: abbreviations, hyphens, apostrophes, amounts, addresses, tags.
    ("U.S.", "en"), ("u.s. navy", "en"), ("F-16s", "en"), ("f16s", "en"), ("well known", "en"), ("wellknown", "en"),
    ("O'Neil", "en"), ("oneil", None), ("ONeils", "en"), ("cafe", "en"), ("7.30", "en"), ("7.30 p.m.", "en"), ("1,250.50", "en"),
    ("€1,250", "en"), ("https://news.example.org/a/harbour-bridge?id=9", "en"), ("news.example.org", "en"), ("#SaveTheBridge", "en"),
    ("savethebridge", "en"), ("@port_watch", "en"), ("AT&T", "en"), ("covid-19", "en"), ("COVID19", "en"), ("cooperation", "en"),
    ("wasn't", "en"), ("wasnt", "en"), ("wasn’t", "en"), ("navy's", "en"), ("C++", "en"),
    # French, Spanish, Polish, Urdu.
    ("élysée", "fr"), ("elysee", "fr"), ("l'elysee", "fr"), ("aujourd'hui", "fr"), ("coeur", "fr"), ("cœur", "fr"), ("oeuvre", "fr"),
    ("garcon naif", "fr"), ('"deja vu"', "fr"), ("nino", "es"), ("MUÑOZ", "es"), ("munoz", "es"), ("línea 3", "es"), ("ano pasado", "es"),
    ("zazolc gesla jazn", "pl"), ("LODZI", "pl"), ("zrodlo", "pl"), ("żółw", "pl"),
    ("وزیر اعظم", "ur"), ("وزير اعظم", "ur"), ("لاهور", "ur"), ("ہسپتال", "ur"), ("مریض", "ur"), ("ہفتے", "ur"),
]  # fmt: skip
"""Each query, and the text it is to find; `None`: none of them."""

MISS = [
    "المدرسةالقديمة", "علم", "الصيني", "پلنگ", "کتاب", "大阪", "桥大", "东京", "大桥将开放", "關閉三周", "橋樑", "ハッカー", "ガソ里ン",
    "がそりん", "すーぱー", "부산", "울서", "สะพัง", "พานสะ", "мои", "иод", "корол", "istanbulin", "ankara", "strasse", "muenchen", "brücken",
    "οδος", "tran van dung", "मुख्य", "גשרים", "harbours", "\"bridge harbour\"", "\"navy harbour\"", "F-1", "1,250.51",
    "savethe", "AT&S", "COVID-18", "operations", "coeurs", "nina", "لاہوری", "پل تین ہفتہ",
]  # fmt: skip
"""What none of the texts holds."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    with SearchIndex.create(tmp_path_factory.mktemp("languages") / "search", memory_bytes=15_000_000) as opened:
        for name, text in TEXTS.items():
            opened.add(
                SearchDocument(key=name, url=f"https://news.example/{name}", timestamp="20260729120000", body=text)
            )
        opened.commit()
        yield opened


def found(index: SearchIndex, query: str) -> set[str]:
    return {hit.url.rpartition("/")[2] for hit in index.search(query)}


@pytest.mark.parametrize(("query", "name"), FIND, ids=[query for query, _ in FIND])
def test_a_query_finds_the_text_its_reader_means(index: SearchIndex, query: str, name: str | None) -> None:
    assert name in found(index, query) if name else not found(index, query)


@pytest.mark.parametrize("query", MISS)
def test_a_query_finds_nothing_that_its_reader_does_not_mean(index: SearchIndex, query: str) -> None:
    assert found(index, query) == set()
