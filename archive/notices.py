"""What a paragraph says of the article itself: that it was corrected, that it was updated, or when. Pure.

Newsrooms write such notices in their own language, so this is a list of phrases; each must open the paragraph or a
sentence and be closed as a notice is, for articles about corrections hold the same words.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Role = Literal["text", "correction", "update", "stamp"]
"""`correction`: owns up to a mistake. `update`: says that the text was changed. `stamp`: when, and nothing else."""

_CORRECTIONS = (
    "corrections?|clarification|corrigend(?:um|a)|errat(?:um|a)|amendment|(?:a )?correction and apology"
    "|اصلاحیه|تصحیح|پوزش و تصحیح|توضیح و تصحیح|تصحيح|تصويب|توضيح|تنويه|استدراک|استدراك|تصحیح نامہ"
    "|исправление|исправления|поправка|уточнение|опровержение|поправка редакции"
    "|виправлення|уточнення|спростування|поправка редакції"
    "|更正|更正启事|更正啟事|更正声明|更正聲明|勘误|勘誤|更正与致歉|訂正|お詫びと訂正|訂正とお詫び|訂正して(?:おわび|お詫び)します"
    "|정정|정정 ?보도(?:문)?|바로잡습니다|알려왔습니다|정정합니다|바로 ?잡습니다"
    "|corrección|correcciones|fe de errores|fe de erratas|rectificación|aclaración|rectificatif|erratum|correctif|précision"
    "|korrektur|korrekturhinweis|berichtigung|richtigstellung|klarstellung|rettifica|errata corrige|precisazione|correzione"
    "|correção|erramos|retificação|errata|düzeltme|tashih|düzeltme ve özür|sprostowanie|korekta"
    "|correctie|rectificatie|rättelse|rettelse|oikaisu|korrigering|korekce|oprava|corectură|erată|helyreigazítás|ispravka|ispravak"
    "|διόρθωση|תיקון|תיקון טעות|הבהרה|भूल सुधार|स्पष्टीकरण|সংশোধনী|ralat|koreksi|đính chính"
    "|แก้ไข|แก้ไขข่าว|แก้ข่าว|ขออภัยและแก้ไข|แก้คำผิด|ကွင်းဆက်ပြင်ဆင်ချက်|ပြင်ဆင်ချက်|ការកែតម្រូវ|შესწორება|ուղղում|marekebisho"
)
_THIS = (
    # "This article", in the languages of most newsrooms: "an earlier version of this" alone may be of a law.
    r"(?:(?:this|the) (?:online |news )?(?:article|story|report|post|page|piece|item|column|review|obituary|dispatch|headline|caption"
    r"|photo caption|picture caption|chart|graphic|map|newsletter|transcript|video))"
)
_CORRECTED = (
    rf"(?:an? |the )?(?:earlier|previous|prior|original|initial) version of {_THIS}",
    rf"{_THIS} (?:has been|was|is) (?:corrected|amended|edited on \d|revised to correct|updated to correct|changed to correct)",
    rf"{_THIS} (?:originally|previously|initially|incorrectly) (?:said|stated|gave|named|reported|described|misstated|referred)",
    r"due to an editing error|because of an editing error|we apologi[sz]e for the error|we regret the error",
    r"in (?:einer|der) (?:früheren|vorherigen|ersten|ursprünglichen) (?:version|fassung)(?: dieses| des| der| dieser|,| hieß| stand| hatten| wurde)",
    r"wir haben (?:den fehler|die stelle|dies|das|die angabe) (?:korrigiert|berichtigt)",
    r"(?:dans )?une (?:version (?:précédente|antérieure)|première version) de (?:cet article|ce texte)",
    r"cet article a été (?:corrigé|rectifié|modifié pour corriger)",
    r"(?:en )?una (?:versión (?:anterior|previa)|primera versión) de (?:est|la nota|la noticia)",
    r"este artículo (?:ha sido|fue) corregido|esta (?:nota|noticia) (?:ha sido|fue) corregida",
    r"(?:em )?uma versão anterior d(?:est|ess|a reportagem|o texto)|(?:este texto|esta reportagem) foi corrigid[oa]",
    r"(?:in )?una versione precedente (?:di quest|dell['’]articolo|del testo)|quest['’]articolo è stato corretto",
    r"в (?:предыдущей|более ранней|первоначальной|прежней) версии (?:этой |этого |данной |данного )?(?:стать|новост|материал|текст|публикац|замет|сообщени)",
    r"(?:ранее|первоначально) в (?:статье|новости|материале|тексте|заметке)(?: ошибочно| было| говорилось| сообщалось| указывалось)",
    r"у (?:попередній|первинній|ранішій) версії (?:цієї |цього )?(?:стат|новин|матеріал|текст|публікац)",
    r"در نسخه(?: ?ی|ٔ)? (?:پیشین|قبلی) (?:این )?(?:خبر|گزارش|مطلب|مقاله|نوشته)",
    r"(?:ورد |جاء |ذكر )?(?:في |خطأ في )?(?:نسخة|صيغة) سابقة من (?:هذا|هذه|المقال|الخبر|التقرير)",
    r"本文(?:此前|早前|先前|早先|初版|原文)|(?:本文|本報道|本报道)(?:已|有)(?:更正|修正|误)|(?:此前|先前|早前)版本(?:中|的|误|誤|將|将|有)",
    r"(?:当初|当初の|以前の|初出時の?|掲載当初の?)(?:記事|本文|見出し|原稿)(?:で|に|の|は)|記事(?:を|の一部を|内容を)訂正し",
    r"(?:이 기사의 |기사 )?(?:이전|당초|최초) (?:버전|기사|보도)(?:에서|에는|의)|(?:이|본) 기사는 .{0,20}(?:정정|수정)(?:됐|되었|했)",
    r"bu (?:haberin|yazının|makalenin) (?:önceki|ilk|eski) (?:sürümünde|versiyonunda|halinde)|haberin (?:önceki|ilk) (?:sürümünde|halinde)",
    r"(?:ข่าว|บทความ|รายงาน)นี้(?:ฉบับ|เวอร์ชัน)(?:ก่อนหน้า|แรก)|(?:เนื้อหา|ข่าว|บทความ)(?:ก่อนหน้านี้|ฉบับก่อน)(?:ระบุ|รายงาน)(?:ผิด|คลาดเคลื่อน)",
    r"een eerdere versie van dit|we wcześniejszej wersji (?:tego|artykuł|tekst)|en tidigare version av (?:den här|artikeln|texten)",
    r"một phiên bản trước (?:của|đó)|versi sebelumnya dari (?:artikel|berita)|इस (?:खबर|लेख|रिपोर्ट) के पिछले संस्करण",
)
_UPDATES = (
    "updates?|updated|last updated|last modified|modified|edited|published and updated|stand|aktualisiert|aktualisierung|zuletzt aktualisiert"
    "|letzte aktualisierung|mis à jour|mise à jour|dernière mise à jour|modifié|actualizado|actualización|última actualización|actualizada"
    "|atualizado|atualizada|atualização|última atualização|aggiornato|aggiornamento|ultimo aggiornamento|обновлено|обновление|дополнено"
    "|последнее обновление|оновлено|оновлення|تحديث|آخر تحديث|تم التحديث|حُدّث|به ?‌?روز ?رسانی|بروزرسانی|به‌روز شده|آخرین به‌روزرسانی"
    "|更新|更新时间|更新時間|最后更新|最後更新|更新日|更新日時|最終更新|追記|업데이트|수정|최종 ?수정|기사 ?수정|업데이트 ?일시"
    "|güncelleme|güncellendi|son güncelleme|güncellenme|อัปเดต|อัพเดท|อัพเดต|ปรับปรุงล่าสุด|แก้ไขล่าสุด|bijgewerkt|laatst bijgewerkt"
    "|zaktualizowano|aktualizacja|uppdaterad|oppdatert|opdateret|päivitetty|aktualizováno|aktualizace|actualizat|ενημέρωση|עודכן|עדכון"
    "|अपडेट|अद्यतन|হালনাগাদ|diperbarui|pembaruan|cập nhật|ajourné|განახლდა"
)
_PUBLISHED = (
    "published|posted|first published|veröffentlicht|publié|publié le|publicado|pubblicato|опубликовано|опубліковано|نشر|تاريخ النشر"
    "|منتشر شده|تاریخ انتشار|发布|发布时间|發布時間|发表于|公開|掲載|입력|등록|yayınlanma|giriş|เผยแพร่|opublikowano|gepubliceerd|publicerad"
)
_UPDATED = (
    rf"{_THIS} (?:has been|was|is being|will be) (?:updated|expanded|revised)",
    r"dies(?:er|e|es) (?:artikel|beitrag|text|meldung) (?:wurde|wird) (?:zuletzt |laufend |am .{1,30})?(?:aktualisiert|ergänzt|überarbeitet)",
    r"(?:cet article|ce texte) (?:a été|est) (?:mis à jour|actualisé|complété)|(?:este artículo|esta noticia|esta nota) (?:ha sido|fue|se) actualiz",
    r"(?:este texto|esta reportagem|esta matéria) foi atualizad|quest['’]articolo è stato aggiornato",
    r"(?:новость|статья|материал|текст) (?:была |был )?(?:обновлен|дополнен)|(?:новину|статтю|матеріал) (?:було )?(?:оновлено|доповнено)",
    r"(?:این )?(?:خبر|گزارش|مطلب) (?:به ?‌?روز|بروز|تکمیل) ?‌?(?:رسانی|شد)|(?:تم|جرى) تحديث (?:هذا|هذه|الخبر|المقال|التقرير)",
    r"(?:本文|此文|本报道|本報道)(?:已|有|于|於).{0,12}(?:更新|补充|補充)|(?:この|本)記事は.{0,20}更新|(?:이|본) 기사는 .{0,20}(?:업데이트|보완|갱신)",
    r"bu (?:haber|yazı|makale) .{0,20}güncellen|(?:ข่าว|บทความ|รายงาน)นี้(?:ได้รับการ|ถูก|มีการ)?(?:อัปเดต|อัพเดต|ปรับปรุง)",
)
_AGO = re.compile(
    r"\b(?:ago|назад|önce|fa|geleden|temu|sedan|тому)\b|^(?:vor|il y a|hace|há|قبل|منذ)\b|\d+\s*\w*(?:前|전|ที่แล้ว|پیش)"
)

# A notice's opening word is closed by a sign, or by a date and a sign: "Correction (3 May):", "Correction, May 3, 2024 —".
_SIGN = r"\s*(?:$|[:：\]】)）.。—–|]|-(?=\s))"
_DATED = r",?\s*[(（]?[^:：.\n()（）]{0,24}\d[^:：\n()（）]{0,24}[)）]?\s*(?:[:：—–|]|-\s|$)"
_opening = re.compile(rf"[\W_]*(?:{_CORRECTIONS})(?:{_SIGN}|(?<!amendment){_DATED})", re.IGNORECASE)
_SENTENCE = r"(?:^[^\w\"“«„「]*|[.!?。！？:：)\]】—–|*]\s*)"
_corrected = re.compile(rf"{_SENTENCE}(?:{'|'.join(_CORRECTED)})", re.IGNORECASE)
_update_opening = re.compile(rf"[\W_]*(?:{_UPDATES})(?:{_SIGN}|\s.{{0,12}}\d)", re.IGNORECASE)
_updated = re.compile(rf"{_SENTENCE}(?:{'|'.join(_UPDATED)})", re.IGNORECASE)
_stamp_opening = re.compile(rf"[\W_]*(?:{_UPDATES}|{_PUBLISHED})", re.IGNORECASE)
_clock = re.compile(r"\b\d{1,2}[:.٫h時시]\d{2}")
_day = re.compile(r"\b\d{4}\b|\b\d{1,2}[./-]\d{1,2}\b|\d月|\d년|\d{1,2}\.? \w{3,}")
_word = re.compile(r"[^\W\d_]+")
_digit = re.compile(r"\d")

# Agencies write it into the headline ("CORRECTED-Dam breaks", "UPDATE 2-"), and in brackets above the text ("(Adds quote)").
_marked_headline = re.compile(
    r"[\W_]*(?:correct(?:ed|s|ion)|refile|recast|updated?|korrigiert|korrektur|aktualisiert|corrigé|rectificatif|mise à jour|corregido"
    r"|actualizado|corrigido|atualizado|corretto|aggiornato|исправлено|обновлено|виправлено|оновлено|تصحيح|تحديث|اصلاحیه|به‌روز شد"
    r"|更正|更新|訂正|정정|수정|업데이트|düzeltme|güncellendi|แก้ไข|อัปเดต)\s?\d*\s?(?:[:：\]】)）–—|]|-\s?(?=\w))",
    re.IGNORECASE,
)
_bracketed = re.compile(r"[(（\[](?:(corrects|fixes)|adds|updates|recasts|refiles|rewrites)\b", re.IGNORECASE)

_NOTICE_LENGTH = 1500
"""Characters: no notice is longer, and a long paragraph that happens to speak of corrections is none."""
_STAMP_LENGTH = 100
_STAMP_WORDS = 8


def role_of(paragraph: str) -> Role:
    """What a paragraph is to its article.

    >>> role_of("Correction: an earlier text gave the wrong day."), role_of("Corrections officers said so.")
    ('correction', 'text')
    >>> role_of("Updated 3 May 2024, 10:45"), role_of("This story has been updated with comments of the port.")
    ('stamp', 'update')
    """
    return _role_of(paragraph) if 0 < len(paragraph) <= _NOTICE_LENGTH else "text"


@lru_cache(
    maxsize=256
)  # a paragraph is asked about for the diff, for the kind of edit, and as the older one of the next
def _role_of(paragraph: str) -> Role:
    paragraph = unicodedata.normalize("NFC", paragraph)
    bracketed = _bracketed.match(paragraph)
    if _opening.match(paragraph) or _corrected.search(paragraph) or (bracketed and bracketed[1]):
        return "correction"
    if _is_stamp(paragraph):
        return "stamp"
    is_update = bracketed or _update_opening.match(paragraph) or _updated.search(paragraph)
    return "update" if is_update else "text"


def is_marked(headline: str) -> bool:
    """Whether a headline says by itself that the story was corrected or updated.

    >>> is_marked("CORRECTED-Dam breaks"), is_marked("UPDATE 2-Dam breaks"), is_marked("Update your devices")
    (True, True, False)
    """
    return _marked_headline.match(unicodedata.normalize("NFC", headline)) is not None


def _is_stamp(paragraph: str) -> bool:
    if len(paragraph) > _STAMP_LENGTH or not _digit.search(paragraph):
        return False
    words = len(_word.findall(paragraph))
    if _stamp_opening.match(paragraph):
        return words <= _STAMP_WORDS and bool(
            _clock.search(paragraph) or _day.search(paragraph) or _AGO.search(paragraph)
        )
    if words <= 4 and len(paragraph) <= 40 and _AGO.search(paragraph):
        return True
    return words <= 4 and bool(_clock.search(paragraph) and _day.search(paragraph))
