"""A made-up archive to search: news-like text in ten languages, the same on every machine.

Each language has a vocabulary of its own, made of its syllables or characters and drawn by Zipf's law, as words of real
text are. An article is a headline and some paragraphs; a tenth of the articles were edited once.
"""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from archive.formats.timestamp import to_timestamp
from archive.formats.urlkey import urlkey
from archive.index.search import SearchDocument

WORDS = 30_000
"""Of one language's vocabulary."""
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
SOURCES = 40

_SYLLABLES = {
    "en": "ba be bi co da de ed el en er es fi fo ga ha he in is ka la le li ma me mi na ne no on or pa pe ra re ri ro sa se si sta ta te ti to tra un ve vi wa",
    "de": "ab an auf be da der ein en er ge grü haus her hin ich in kei kom kön lan le lich ma mü nach nen nis öff re rung sch sen ßen tag te tung über un ver zeit",
    "ru": "ба ве во го да де ень ер ет жи за ие из ка ко ла ле ли ло ма ми мо на не ни но об ов ой па по пра ра ре ро са се ск сто та те ти то ть ча ше щё",
    "tr": "a ba bi ça da de dı di e ğı gö ha i ı ka ki la lar le ler lı li ma me mı mi na ne nı ni ö ra re rı ri sa se sı şi ta te tı ti ü ya ye yı",
    "ar": "ال با بي تا تح جا حد خا دا را سا سي شر صا طا عا عم غا فا في قا كا كت لا ما مد من نا نو ها وا وز يا ية ات ون ين",
    "fa": "آب با بر پا پر تا ته جا چا خا دا در را رو زا سا شا شه فا کا کر گا گر لا ما مر می نا نو ها هم وا یا ید ند ان است",
    "hi": "अ आ क का कि की के को ग घ च ज त ता ति थ द दे न ना नि ने प पर पा ब भ म मा में य र रा री ल ला व स सा से ह हि",
}
_CHARACTERS = {
    "zh": "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严",
    "ja": "のにはをたがでてとしれさあるいるもするからなこととしてい日本年月市長大橋会議東京都政府発表新聞記者経済地震津波火事警察事故鉄道電車病院学校選挙議員首相大臣外交防衛予算税金物価上昇下落株式市場企業社員工場労働者賃金春夏秋冬雨雪台風",
    "ko": "가나다라마바사아자차카타파하이의에서는을를고한국시장정부발표사고경찰서울부산대통령회의선거경제물가상승하락주식기업노동자임금학교병원기차지하철태풍비눈지진",
}
LANGUAGES = ("en", "en", "en", "en", "de", "ru", "ar", "fa", "zh", "ja", "ko", "tr", "hi")
"""In the share they have of the articles."""
_SPACED = {language: syllables.split() for language, syllables in _SYLLABLES.items()}


class Vocabulary:
    """The words of one language, the frequent ones first."""

    def __init__(self, language: str, size: int = WORDS) -> None:
        chance = random.Random(f"words of {language}")
        parts = _SPACED.get(language) or _CHARACTERS[language]
        lengths = (1, 2, 2, 3, 3, 4) if language in _SPACED else (1, 2, 2, 2, 3)
        # As Zipf saw it: the frequent words are short.
        words: dict[str, None] = {}
        while len(words) < size:
            longest = 2 if len(words) < size // 100 else 4
            words["".join(chance.choices(parts, k=min(longest, chance.choice(lengths))))] = None
            if len(words) < size and chance.random() < 0.3:
                words["".join(chance.choices(parts, k=5))] = None
        self.words = list(words)
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(size)))
        self._between = "" if language in ("zh", "ja") else " "
        self._stop = "。" if language in ("zh", "ja") else ". "

    def sentence(self, chance: random.Random, length: int) -> str:
        return self._between.join(chance.choices(self.words, cum_weights=self._weights, k=length))

    def paragraph(self, chance: random.Random) -> str:
        sentences = (self.sentence(chance, chance.randint(8, 24)).capitalize() for _ in range(chance.randint(2, 5)))
        return (self._stop.join(sentences) + self._stop).rstrip()


def iter_versions(articles: int) -> Iterator[SearchDocument]:
    """Every version of so many articles, in the order a crawl would find them."""
    vocabularies = {language: Vocabulary(language) for language in sorted({*LANGUAGES})}
    chance = random.Random(20250101)
    step = timedelta(days=DAYS) / articles
    for number in range(articles):
        language = LANGUAGES[number % len(LANGUAGES)]
        words = vocabularies[language]
        source = f"paper{chance.randrange(SOURCES)}"
        url = f"https://{source}.example/{language}/{number}.html"
        at = BEGIN + step * number
        headline = words.sentence(chance, chance.randint(5, 11)).capitalize()
        body = [words.paragraph(chance) for _ in range(chance.randint(3, 9))]
        for version in range(2 if chance.random() < 0.1 else 1):
            if version:
                at += timedelta(hours=2)
                body[chance.randrange(len(body))] = words.paragraph(chance)
            text = "\n".join(body)
            yield SearchDocument(
                key=urlkey(url),
                timestamp=to_timestamp(at),
                url=url,
                source=source,
                language=language,
                headline=headline,
                standfirst=words.sentence(chance, 14).capitalize(),
                authors=(" ".join(words.sentence(chance, 2).split()).title(),),
                body=text,
                date_published=at,
                text_digest="sha1:" + hashlib.sha1(text.encode()).hexdigest()[:32].upper(),
            )
