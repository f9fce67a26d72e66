"""Words that introduce furniture where nothing structural marks it, kind by kind, in the languages newspapers print in.

Phrases stand here as `fold` leaves them. They hold only at the beginning of a short line, or as the whole of it (`lines`).
"""

from functools import cache

from pipelines.extract.headline import fold


def _phrases(text: str) -> frozenset[str]:
    return frozenset(folded for phrase in text.replace("\n", "|").split("|") if (folded := fold(phrase)))


RELATED = _phrases(
    """related | related article | related articles | related story | related stories | related post | related posts | related reading
    related reads | related content | related coverage | related news | related links | related topics | related video | read more
    read also | also read | read next | read this | see also | more on | more from | more on this story | more stories | more news
    you may also like | you might also like | you may like | you may also be interested | you might be interested | recommended
    recommended reading | further reading | keep reading | up next | next article | must read | most read | if you liked this
    don't miss | editor's picks | editors' picks | watch also | also watch | more about this
    lesen sie auch | lesen sie hier | lesen sie mehr | lesen sie dazu | lesen sie außerdem | mehr dazu | mehr zum thema | mehr lesen
    auch interessant | das könnte sie auch interessieren | lesetipp | weiterlesen | siehe auch | ähnliche artikel | mehr aus
    lire aussi | à lire aussi | lire également | à lire également | voir aussi | à voir aussi | lire la suite | sur le même sujet
    lee también | lea también | leer más | te puede interesar | le puede interesar | ver también | vea también | noticia relacionada
    noticias relacionadas | artículos relacionados | sigue leyendo | leia também | leia mais | veja também | veja mais
    notícias relacionadas | confira também | leggi anche | vedi anche | guarda anche | potrebbe interessarti | articoli correlati
    lees ook | lees verder | lees meer | bekijk ook | läs också | läs även | läs mer | les også | les mer | læs også | læs mere
    lue myös | lue lisää | katso myös | loe ka | loe veel | lasi arī | lasi vairāk | skaityk taip pat | skaitykite
    czytaj także | czytaj też | czytaj również | czytaj więcej | zobacz także | zobacz też | przeczytaj także | przeczytaj też
    čtěte také | přečtěte si také | mohlo by vás zajímat | čítajte aj | prečítajte si | mohlo by vás zaujímať
    ez is érdekelheti | kapcsolódó cikkek | kapcsolódó cikkeink | citește și | citiți și | vezi și | pročitajte još | preberite tudi
    ilgili haberler | ilgili haber | İLGİLİ HABERLER | İLGİLİ HABER | devamını oku | bunlar da ilginizi çekebilir
    читайте также | читать также | читайте ещё | читайте еще | смотрите также | материалы по теме | по теме | ещё по теме
    читайте також | дивіться також | за темою | прочетете още | вижте още | прочитајте још | прочитај повеќе
    διαβάστε επίσης | διαβάστε ακόμη | διαβάστε περισσότερα | δείτε επίσης
    اقرأ أيضا | اقرأ أيضًا | إقرأ أيضا | إقرأ أيضًا | اقرأ المزيد | شاهد أيضا | مواضيع ذات صلة | أخبار ذات صلة
    بیشتر بخوانید | همچنین بخوانید | مطالب مرتبط | در همین زمینه | یہ بھی پڑھیں | مزید پڑھیں | مزید پڑھیے | یہ بھی پڑھیے | קראו גם | קרא גם | ראו גם | כתבות נוספות
    यह भी पढ़ें | ये भी पढ़ें | इसे भी पढ़ें | और पढ़ें | संबंधित खबरें | আরও পড়ুন | আরো পড়ুন | மேலும் படிக்க | ఇవి కూడా చదవండి
    baca juga | baca selengkapnya | lihat juga | artikel terkait | berita terkait | xem thêm | đọc thêm | tin liên quan
    soma pia | soma zaidi | อ่านเพิ่มเติม | ข่าวที่เกี่ยวข้อง | 相关阅读 | 相关新闻 | 相关报道 | 延伸阅读 | 推荐阅读 | 阅读更多 | 相關新聞 | 延伸閱讀
    看更多 | 関連記事 | あわせて読みたい | 合わせて読みたい | 続きを読む | 관련기사 | 관련 기사 | 더 읽기 | 함께 읽기"""
)
"""Before a link to another story."""

PROMPTS = _phrases(
    """subscribe now | subscribe today | subscribe to our | subscribe to the | subscribe for | sign up for our | sign up for the | sign up now
    sign up here | sign up below | sign up today | sign up to receive | join our newsletter | join our mailing list | join our community
    join our whatsapp | join our telegram | get our newsletter | get the latest | get the best of | follow us
    follow me on | like us on | stay up to date | stay connected | stay in the loop | thanks for reading | thank you for reading
    thanks for visiting | pin for later | help us spread the word | help me spread the word | pin this for later | pin it for later | share this article | share this story | share this post | share the blog | download our app | download our free app
    support our journalism | support independent journalism | become a subscriber | become a supporter | become a patron
    this story is funded by | did you like this article | enjoyed this article | if you enjoyed this | if you liked this article
    this post may contain affiliate | this article may contain affiliate | this article contains affiliate | this post contains affiliate
    newsletter abonnieren | jetzt abonnieren | jetzt anmelden | abonnieren sie | folgen sie uns | folge uns | artikel teilen
    abonnez vous | inscrivez vous | suivez nous | partager cet article | suscríbete | suscríbase | síguenos | síganos | únete a nuestro
    comparte esta noticia | inscreva-se | siga-nos | assine a newsletter | assine nossa newsletter | receba notícias | siga o canal
    iscriviti alla | abbonati | seguici su | ricevi la newsletter | schrijf je in | meld je aan voor | volg ons | prenumerera på | följ oss
    tilmeld dig | følg os | følg oss | tilaa uutiskirje | seuraa meitä | zapisz się | subskrybuj | obserwuj nas | śledź nas | dziękujemy że przeczytałaś | dziękujemy że przeczytałeś
    přihlaste se k odběru | sledujte nás | odebírejte | odoberajte | iratkozzon fel | iratkozz fel | kövessen minket | kövess minket
    abonează-te | abonați-vă | urmărește-ne | urmăriți-ne | pratite nas | sledite nam | bizi takip edin | abone olun | bültenimize
    подписывайтесь на | подпишитесь на | следите за нами | підписуйтесь на | підпишіться на | последвайте ни | абонирайте се
    εγγραφείτε στο | ακολουθήστε μας | ακολουθήστε το | اشترك في | اشترك الآن | تابعنا على | تابعونا على | ما را در شبکه‌های اجتماعی | به کانال تلگرام
    הירשמו ל | עקבו אחרינו | हमें फॉलो करें | हमसे जुड़ें | ikuti kami | ikuti berita | berlangganan newsletter | theo dõi chúng tôi
    đăng ký nhận | ติดตามเรา | สมัครรับข่าวสาร | 订阅我们 | 关注我们 | 訂閱電子報 | 追蹤我們 | 加入我們 | メルマガ登録 | フォローする | 구독하기 | 구독 신청"""
)
"""Asks the reader for something: to subscribe, follow, share, give."""

LABELS = _phrases(
    """home | menu | search | register | log in | sign in | close | contact us | back to top | back to blog | download now | posted on
    latest news | startseite | suche | anmelden | registrieren | schließen | kontakt | nach oben | accueil | se connecter | s'inscrire
    rechercher | fermer | inicio | buscar | iniciar sesión | regístrate | cerrar | contacto | início | entrar | cadastre-se | fechar
    cerca | accedi | registrati | chiudi | zoeken | inloggen | sluiten | logga in | stäng | log ind | logg inn | kirjaudu | etusivu
    strona główna | szukaj | zaloguj się | domů | hledat | přihlásit se | keresés | bejelentkezés | acasă | căutare | ana sayfa | giriş yap
    главная | поиск | войти | регистрация | головна | увійти | αρχική | αναζήτηση | σύνδεση | الرئيسية | بحث | تسجيل الدخول | خانه | جستجو
    ورود | חיפוש | התחברות | होम | खोजें | लॉग इन | beranda | cari | masuk | trang chủ | tìm kiếm | đăng nhập | หน้าแรก | ค้นหา
    首页 | 搜索 | 登录 | 首頁 | 搜尋 | 登入 | ホーム | 検索 | ログイン | 홈 | 검색 | 로그인
    table of contents | contents | in this article | on this page | jump to section | jump to a section | tags | tagged | filed under
    share | share on | comments | leave a comment | advertisement | ad | sponsored | about the author | about the authors | newsletter
    click to play | listen | listen to this article | watch the video | no categories
    inhaltsverzeichnis | in diesem artikel | schlagwörter | schlagworte | themen | teilen | kommentare | anzeige | werbung | über den autor
    sommaire | table des matières | mots clés | partager | commentaires | publicité | à propos de l'auteur | índice | tabla de contenidos
    etiquetas | compartir | comentarios | publicidad | sobre el autor | compartilhar | comentários | publicidade | sobre o autor
    indice | condividi | commenti | pubblicità | inhoud | inhoudsopgave | delen | reacties | advertentie | annons | annonce | annonse | mainos
    spis treści | tagi | udostępnij | komentarze | reklama | obsah | sdílet | komentáře | diskuse | hirdetés | megosztás | cuprins
    publicitate | distribuie | içindekiler | etiketler | paylaş | yorumlar | reklam | содержание | теги | метки | поделиться | комментарии
    реклама | зміст | теґи | поділитися | коментарі | съдържание | περιεχόμενα | ετικέτες | σχόλια | διαφήμιση | الوسوم | شارك | التعليقات
    إعلان | فهرست | برچسب‌ها | تبلیغات | פרסומת | תגיות | शेयर करें | टैग | विज्ञापन | বিজ্ঞাপন | daftar isi | bagikan | komentar | iklan
    mục lục | chia sẻ | bình luận | quảng cáo | สารบัญ | แท็ก | โฆษณา | 目录 | 标签 | 分享 | 评论 | 广告 | 目錄 | 標籤 | 留言 | 廣告 | 目次 | タグ | シェア
    コメント | 広告 | 목차 | 태그 | 공유 | 기사공유하기 | 공유하기 | 댓글 | 광고"""
)
"""Names a box, and says nothing."""

CREDITS = _phrases(
    """staff report | staff reports | written by | words by | text by | story by | reported by | reporting by | reviewed by | medically reviewed by | fact checked by
    edited by | posted by | published by | compiled by | verfasst von | geschrieben von | écrit par | rédigé par | publié par | escrito por
    redactado por | publicado por | publicada por | scritto da | pubblicato da | geschreven door | skriven av | skrevet av | skrevet af
    kirjoittanut | napisał | napisała | napsal | napsala | írta | scris de | publicat de | yazan | автор | автор текста | подготовил
    підготував | підготувала | συντάκτης | بقلم | المصدر | نویسنده | منبع | लेखक | ditulis oleh | tác giả | เขียนโดย
    作者 | 原标题 | 原標題 | 编辑 | 責任編輯 | 责任编辑 | 责编 | 責編 | 编审 | 校对 | 記者 | 執筆 | 기자"""
)
"""Before the name of who made the story."""

NEWSLETTERS = _phrases(
    """newsletter | newsletters | newslettera | nieuwsbrief | nyhetsbrev | nyhedsbrev | uutiskirje | uutiskirjeen | hírlevél | hírlevélre
    рассылку | рассылка | розсилку | розсилка | bülten | bültenimize | خبرنامه | ניוזלטר | न्यूज़लेटर | ニュースレター | 뉴스레터 | 電子報 | 电子报"""
)
"""One word, wherever it stands."""

SPONSORED = _phrases(
    """sponsored | advertisement | ad | anzeige | werbung | sponsorisé | publicité | publicidad | patrocinado | publicidade | pubblicità
    sponsorizzato | advertentie | gesponsord | annons | annonce | mainos | reklama | sponsorowane | hirdetés | reklam | реклама | διαφήμιση
    إعلان | آگهی | פרסומת | विज्ञापन | iklan | quảng cáo | โฆษณา | 广告 | 廣告 | 広告 | 광고"""
)
"""In brackets behind a heading that was paid for."""

INVITES = _phrases(
    """in the comments below | in the comments section | in the comments | your inbox | in den kommentaren | in ihr postfach | in dein postfach
    dans les commentaires | votre boîte mail | votre boîte aux lettres électronique | en los comentarios | tu bandeja de entrada | tu correo
    nei commenti | nella tua casella | nos comentários | in de reacties | je inbox | i kommentarerna | na twoją skrzynkę | w komentarzach
    в комментариях | у коментарях | ऐप डाउनलोड करें | في التعليقات"""
)
"""Phrases of a short line near the end that asks for comments or offers mail, wherever in it they stand."""

LONGEST = max(len(phrase.split()) for phrase in RELATED | PROMPTS | CREDITS)


def opening(folded: str, phrases: frozenset[str]) -> str | None:
    """The phrase that a folded line begins with.

    >>> opening("lesen sie auch die brücke ist offen", RELATED)
    'lesen sie auch'
    """
    words = folded.split(" ", LONGEST)
    if words[0] not in _first_words(phrases):
        return None
    for length in range(min(LONGEST, len(words)), 0, -1):
        if (phrase := " ".join(words[:length])) in phrases:
            return phrase
    return None


@cache
def _first_words(phrases: frozenset[str]) -> frozenset[str]:
    return frozenset(phrase.split()[0] for phrase in phrases)
