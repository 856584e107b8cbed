"""What PostgreSQL would do with a statement, asked so that the answer does not hang on how full a test's tables are."""


def keep_only_index(cursor, table: str, name: str) -> None:
    """Drop all other indexes of the table that may be dropped, and scans of it, for the rest of the transaction.

    Of a table of one row the planner may take any index, whichever statistics the tests before left.
    """
    cursor.execute("SET LOCAL enable_seqscan = off; SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(
        "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = indexrelid"
        " WHERE indrelid = %s::regclass AND NOT indisunique AND i.relname != %s",
        [table, name],
    )
    for (other,) in cursor.fetchall():
        cursor.execute(f'DROP INDEX "{other}"')
