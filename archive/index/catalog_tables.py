"""The catalog's tables. What they mean is `catalog`'s; a row of `capture` is drawn in `catalog_packing`.

page      one row a urlkey                        file      one row a WARC file, with its counts
capture   clustered by urlkey and time            reading   clustered by page and payload digest
redirect  which page sent visitors to which       text      where the conversion record of a text lies
unread    captures that no extractor has read     unsealed  captures of files still written, for their CDXJ
requisite images, styles, … by payload digest     rights    captures that say how they may be used, by file
news      one row an article: when it was first captured, and when its text last became another
"""

SCHEMA = 6

CAPTURES = """
CREATE TABLE capture (
    urlkey TEXT NOT NULL, timestamp INTEGER NOT NULL, tie BLOB NOT NULL, flags INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (urlkey, timestamp, tie)) WITHOUT ROWID;
CREATE TABLE rights (
    file INTEGER NOT NULL, page INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    PRIMARY KEY (file, page, timestamp)) WITHOUT ROWID;
CREATE TABLE requisite (
    digest BLOB NOT NULL, page INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    PRIMARY KEY (digest, page, timestamp)) WITHOUT ROWID;
"""
UNREAD = """
CREATE TABLE unread (
    page INTEGER NOT NULL, digest BLOB NOT NULL, timestamp INTEGER NOT NULL, PRIMARY KEY (page, digest)) WITHOUT ROWID;
"""
NEWS = """
CREATE TABLE news (article INTEGER PRIMARY KEY, source INTEGER, first INTEGER NOT NULL, changed INTEGER);
CREATE INDEX news_first ON news (first, source);
CREATE INDEX news_source ON news (source, first);
CREATE INDEX news_changed ON news (changed) WHERE changed IS NOT NULL;
CREATE INDEX news_source_changed ON news (source, changed) WHERE changed IS NOT NULL;
"""
TABLES = f"""
CREATE TABLE page (id INTEGER PRIMARY KEY, urlkey TEXT NOT NULL UNIQUE, captured INTEGER NOT NULL DEFAULT 0);
CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE extractor (id INTEGER PRIMARY KEY, name TEXT NOT NULL, profile TEXT NOT NULL, UNIQUE (name, profile));
CREATE TABLE file (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, size INTEGER NOT NULL DEFAULT 0,
    sealed INTEGER NOT NULL DEFAULT 0, uploaded INTEGER NOT NULL DEFAULT 0,
    captures INTEGER NOT NULL DEFAULT 0, revisits INTEGER NOT NULL DEFAULT 0, last INTEGER);
{CAPTURES}CREATE TABLE redirect (
    source INTEGER NOT NULL, target INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    PRIMARY KEY (source, target)) WITHOUT ROWID;
CREATE INDEX redirect_target ON redirect (target);
CREATE TABLE unsealed (
    file INTEGER NOT NULL, offset INTEGER NOT NULL, page INTEGER NOT NULL, timestamp INTEGER NOT NULL,
    PRIMARY KEY (file, offset)) WITHOUT ROWID;
{UNREAD}CREATE TABLE reading (
    page INTEGER NOT NULL, digest NOT NULL, extractor INTEGER NOT NULL,
    file INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, outcome INTEGER NOT NULL, article INTEGER, text_digest, headline TEXT, source INTEGER,
    PRIMARY KEY (page, digest, extractor)) WITHOUT ROWID;
CREATE INDEX reading_article ON reading (article) WHERE article IS NOT NULL;
CREATE TABLE text (
    digest PRIMARY KEY NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL) WITHOUT ROWID;
{NEWS}INSERT INTO name VALUES (1, 'text/html'), (2, 'application/xhtml+xml');
"""

_SHOWN = "FROM reading WHERE article IS NOT NULL AND text_digest IS NOT NULL AND outcome IN (0, 1)"
FILL_NEWS = (
    "INSERT OR REPLACE INTO news SELECT article, source, first, nullif(last, first) "
    f"FROM (SELECT article, source, min(timestamp) AS first {_SHOWN} GROUP BY article) "
    "JOIN (SELECT article, max(first) AS last FROM ("
    f"SELECT article, min(timestamp) AS first {_SHOWN} GROUP BY article, text_digest) GROUP BY article) USING (article)"
)
"""Counts the news of all articles; with `REFRESH_NEWS`, of one."""
REFRESH_NEWS = FILL_NEWS.replace("article IS NOT NULL", "article = ?1")
