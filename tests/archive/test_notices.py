"""Notices of corrections and updates, in the languages of most newsrooms."""

import time

import pytest

from archive.notices import role_of


@pytest.mark.parametrize(
    "paragraph",
    [
        "Correction: an earlier text gave the wrong day.",
        "CORRECTION (3 May): the day was wrong.",
        "Correction, May 3, 2024: the day was wrong.",
        "An earlier version of this article misspelt the mayor's name.",
        "Editor's note: A previous version of this story said two people had died.",
        "This article was amended on 3 May 2024 to correct the number of dead.",
        "This story originally said that two people had died.",
        "(Corrects number of houses in third paragraph)",
        "Korrektur: Es waren drei Verletzte.",
        "In einer früheren Version dieses Artikels hieß es, zwei Menschen seien gestorben.",
        "Anmerkung der Redaktion: In einer früheren Fassung stand ein falscher Name.",
        "Rectificatif : le jour était mardi.",
        "Une version précédente de cet article indiquait un chiffre erroné.",
        "Fe de errores: el día era martes.",
        "Una versión anterior de este artículo daba otra cifra.",
        "Correção: o dia era terça-feira.",
        "Uma versão anterior deste texto informava outro número.",
        "Errata corrige: il giorno era martedì.",
        "Una versione precedente di questo articolo riportava un numero sbagliato.",
        "Исправление: день был указан неверно.",
        "В предыдущей версии этой статьи было указано другое число.",
        "Виправлення: день було вказано неправильно.",
        "У попередній версії цієї статті було інше число.",
        "تصحيح: كان اليوم خطأ.",
        "ورد في نسخة سابقة من هذا الخبر رقم خاطئ.",
        "اصلاحیه: روز اشتباه بود.",
        "در نسخه پیشین این خبر شمار دیگری آمده بود.",
        "更正：日期有误。",
        "编者注：本文此前版本中的人数有误。",
        "【訂正】日付が誤っていました。",
        "お詫びと訂正：人数が誤っていました。",
        "정정: 날짜가 틀렸습니다.",
        "[바로잡습니다] 숫자가 틀렸습니다.",
        "Düzeltme: Gün salıydı.",
        "Bu haberin önceki sürümünde başka bir sayı vardı.",
        "แก้ไข: วันที่ไม่ถูกต้อง",
        "Sprostowanie: chodziło o wtorek.",
        "Rättelse: det var en tisdag.",
        "Đính chính: ngày thứ ba.",
        "भूल सुधार: दिन मंगलवार था।",
    ],
)
def test_corrections(paragraph: str) -> None:
    assert role_of(paragraph) == "correction"


@pytest.mark.parametrize(
    "paragraph",
    [
        "Corrections officers said the prison was full.",
        "The correction of prices goes on.",
        "Correctional staff: three hurt.",
        "Amendment 2 passed in three states: nobody had expected it.",
        "An earlier version of this bill failed in March.",
        "Earlier versions of this phone broke.",
        "The paper wrote: “An earlier version of this article was wrong”, and left it at that.",
        'Its notice reads "This article was amended on 3 May", says the report on corrections.',
        "Korrekturen am Haushalt sind nötig, sagte sie.",
        "In einer früheren Version seines Buches kommt die Stadt nicht vor.",
        "Une version précédente de la loi avait échoué.",
        "Una versión anterior del teléfono falló.",
        "В предыдущей версии закона этого не было.",
        "تصحیح اشتباهات دشوار است",
        "更正了错误的数据",
        "訂正された予算案が通った。",
        "정정된 예산안이 통과됐다.",
        "แก้ไขรัฐธรรมนูญผ่านสภา",
        "Düzeltme payı yüzde iki oldu.",
        "Correction: " + "long " * 400,
        "",
    ],
)
def test_articles_about_corrections_hold_none(paragraph: str) -> None:
    assert role_of(paragraph) != "correction"


@pytest.mark.parametrize(
    "paragraph",
    [
        "Updated 3 May 2024, 10:45",
        "Last updated: 10:45 BST, 3 May 2024",
        "Published 3 May 2024",
        "3 May 2024, 10:45 CET",
        "3 hours ago",
        "Aktualisiert am 3. Mai 2024 um 10:45 Uhr",
        "Stand: 03.05.2024, 10:45",
        "vor 3 Stunden",
        "Mis à jour le 3 mai 2024 à 10h45",
        "Обновлено 3 мая 2024, 10:45",
        "آخر تحديث: 3 مايو 2024",
        "更新时间：2024-05-03 10:45",
        "更新日時 2024年5月3日 10:45",
        "최종 수정 2024.05.03 10:45",
        "Güncelleme: 03.05.2024 10:45",
    ],
)
def test_stamps(paragraph: str) -> None:
    assert role_of(paragraph) == "stamp"


@pytest.mark.parametrize(
    "paragraph",
    [
        "UPDATE: The minister has resigned, his office says.",
        "This story has been updated with comments of the port.",
        "(Adds quotes of the mayor)",
        "Dieser Artikel wurde aktualisiert und um Stimmen ergänzt.",
        "Новость была обновлена после ответа ведомства.",
    ],
)
def test_updates(paragraph: str) -> None:
    assert role_of(paragraph) == "update"


@pytest.mark.parametrize(
    "paragraph",
    [
        "In 2024 the town had 300 ferries.",
        "The train leaves at 10:45 and arrives at noon in the capital.",
        "10:45 The first ferry left the quay with eleven passengers.",
        "Updated rules for ferries come into force in 2025, the ministry said on Friday in a letter to all ports.",
        "Three hours ago the bridge was still open.",
        "Published authors met in the town on Sunday.",
        "他们在2024年发布了新规则，要求所有港口遵守，并在三个月内提交报告。",
    ],
)
def test_text_is_text(paragraph: str) -> None:
    assert role_of(paragraph) == "text"


@pytest.mark.parametrize(
    "text", ["correction " * 130, ": " * 700, "." * 1500, "updated 1" * 160, "本文" * 700, "a correction, " * 90]
)
def test_hostile_paragraphs_cost_little(text: str) -> None:
    began = time.process_time()
    for _ in range(10):
        role_of(text)
    assert time.process_time() - began < 0.5
