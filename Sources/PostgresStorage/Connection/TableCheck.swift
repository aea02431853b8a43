import Database
import PostgresClient
import Storage

/// Checks that the tables are whole, and that the user may change them.
enum TableCheck {
    /// - Throws: ``PostgresFailure/unfit(_:)`` with the first column that is missing, or the first table that
    ///   the user may not change.
    static func examine(_ connection: PostgresConnection) throws(PostgresFailure) {
        let columns = Query(
            """
            SELECT c.relname || '.' || a.attname AS name
            FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = ANY($1::text[]) AND n.nspname = ANY(current_schemas(FALSE)) AND a.attnum > 0
                AND NOT a.attisdropped
            """,
            [.texts(StoreTable.all.map(\.name))]
        ) { try $0.text("name") }
        let found = Set(try connection.rows(columns))
        let expected = StoreTable.all.flatMap { table in table.columns.map { "\(table.name).\($0.name)" } }
        if let lacking = expected.first(where: { !found.contains($0) }) {
            throw .unfit(PostgresStartError.lacking(column: lacking))
        }
        if let table = try connection.row(unwritable) {
            throw .unfit(PostgresStartError.unwritable(table: table))
        }
    }

    /// The first table that the user may not change.
    static let unwritable = Query(
        """
        SELECT c.relname::text AS name
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = ANY($1::text[]) AND n.nspname = ANY(current_schemas(FALSE)) AND NOT (
            has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
            AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
        ORDER BY c.relname
        LIMIT 1
        """,
        [.texts(StoreTable.all.map(\.name))]
    ) { try $0.text("name") }
}
