"""Small words that carry much meaning: negations and numerals, folded, in the languages of most newsrooms.

All languages share one set: an article's language is not always known, and a word that means something else in another
language only makes an edit weigh a little more.
"""

import re

from archive.index.folding import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


NEGATIONS = _words(
    "not no never none nobody nothing neither nor without cannot can't won't don't didn't doesn't isn't aren't wasn't weren't "
    "hasn't haven't hadn't wouldn't couldn't shouldn't denied denies deny refused refuses "
    "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder "
    "pas jamais aucun aucune sans rien personne nunca jamás ningún ninguna ninguno nadie sin ni tampoco "
    "não nenhum nenhuma ninguém sem non nessuno nessuna senza mica "
    "не нет ни никогда никто ничего без нельзя ні немає ніколи ніхто нічого "
    "لا لم لن ليس ليست ليسوا ما غير بدون دون عدم نه نیست نیستند هیچ هرگز بدون عدم "
    "değil yok hiç asla hayır olmadan नहीं न मत बिना কোনো না tidak bukan tanpa belum không chưa chẳng "
    "nie nigdy bez żaden niet geen nooit zonder inte ingen aldrig utan ikke uden ei ole eivät "
    "δεν μην ποτέ χωρίς לא אין בלי 안 못 없다 없는 않다 아니다 않았다 없었다 nem soha nélkül"
)
NEGATING_PREFIXES = _words("un in im il ir dis des non mis anti ent ن نا بی ضد غیر не ни без бес анти") | {
    "no",
    "ne",
    "nie",
}
negation_signs = re.compile(
    "[不没沒未无無非别勿否]|ない|ません|なかった|ず(?=に|、|。|$)|않|없|못했|아니|ไม่|มิได้|ไร้|មិន|គ្មាន|ບໍ່|မ(?=\\S+ဘူး)"
)
"""Negations of languages that write no spaces, and of Korean, whose negations stand inside words."""

NUMERALS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions billion billions dozen dozens half "
    "first second third double twice "
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig hundert tausend millionen milliarden "
    "deux trois quatre cinq six sept huit neuf dix onze douze vingt trente quarante cinquante cent mille millions milliards "
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta cincuenta cien cientos mil millones "
    "um dois duas três quatro sete oito nove dez onze doze vinte trinta cem milhões bilhões "
    "due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta cento mila milioni miliardi "
    "один одна два две три четыре пять шесть семь восемь девять десять двадцать тридцать сорок сто тысяч тысячи миллион миллионов миллиардов "
    "двое трое четверо пятеро двух трех четырех пяти шести семи "
    "дві чотири п'ять шість сім вісім дев'ять десять двадцять тридцять тисяч мільйонів мільярдів двоє троє "
    "واحد اثنان اثنين ثلاثة ثلاث أربعة أربع خمسة خمس ستة ست سبعة سبع ثمانية ثماني تسعة تسع عشرة عشر عشرون عشرين مئة مائة ألف آلاف مليون مليار "
    "یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده بیست سی چهل پنجاه صد هزار میلیون میلیارد "
    "bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli yüz bin milyon milyar "
    "एक दो तीन चार पांच छह सात आठ नौ दस बीस सौ हजार लाख करोड़ dua tiga empat lima enam tujuh delapan sembilan sepuluh ratus ribu juta "
    "dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć sto tysięcy twee drie vijf zes zeven acht negen tien honderd duizend miljoen"
)
numeral_signs = re.compile("[〇零一二三四五六七八九十百千万萬億亿两兩壱弐参]+")
"""Numerals as they are written in Chinese and Japanese."""
