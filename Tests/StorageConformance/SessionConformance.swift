import Database
package import Storage

/// What a session of every driver must do, on a table that the case makes.
package struct SessionConformance: Sendable, CustomStringConvertible {
    package let description: String
    private let body: @Sendable (any SQLStore) async throws -> Void

    private init(_ description: String, _ body: @escaping @Sendable (any SQLStore) async throws -> Void) {
        self.description = description
        self.body = body
    }

    /// Runs the case on a fresh store.
    package func check(_ store: any SQLStore) async throws {
        try await store.transaction("making a table", under: nil, repeats: true) { session in
            let types =
                switch session.dialect {
                case .sqlite: ("INTEGER", "BLOB")
                case .postgres: ("BOOLEAN", "BYTEA")
                }
            try session.execute(
                SQLStatement(
                    "CREATE TABLE things (id TEXT PRIMARY KEY, flag \(types.0), number BIGINT, bytes \(types.1))"
                )
            )
        }
        try await body(store)
    }

    package static let cases = values + failures + lists + transactions

    // MARK: Values

    private static let values = [
        SessionConformance("every type reads as it was written") { store in
            try await store.insert("a", .bool(true), .int(.max), .bytes([0, 1, 255]))
            try await store.insert("b", .bool(false), .int(.min), .bytes([]))
            let rows = try await store.things()
            try requireEqual(rows.map(\.flag), [true, false], "booleans")
            try requireEqual(rows.map(\.number), [.max, .min], "integers")
            try requireEqual(rows.map(\.bytes), [[0, 1, 255], []], "bytes")
        },
        SessionConformance("NULL reads as nil, and only where it may") { store in
            try await store.insert("a", .null, .null, .null)
            let row = try requireSome(try await store.things().first, "row")
            try requireEqual(row, Thing(flag: nil, number: nil, bytes: nil), "values")
            for read in [{ _ = try $0.bool("flag") }, { _ = try $0.bytes("bytes") }] as [Read] {
                try await store.requireFailure(.corrupt, read)
            }
            try await store.requireFailure(.corrupt) { _ = try $0.int("number") }
        },
        SessionConformance("text with NUL is cleaned, the rest of it is kept") { store in
            try await store.insert("a\0Ü\u{1F600}", .null, .null, .null)
            let ids = try await store.query("reading") { session in
                try session.rows(Query("SELECT id FROM things") { try $0.text("id") })
            }
            try requireEqual(ids, ["a\u{FFFD}Ü\u{1F600}"], "text")
        },
        SessionConformance("a big value is read whole, and without a copy") { store in
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try await store.insert("a", .null, .null, .bytes(bytes))
            let isEqual = try await store.query("reading") { session in
                try session.row(
                    Query("SELECT bytes FROM things") { row in
                        try row.decode("bytes") { $0.elementsEqual(bytes) }
                    }
                )
            }
            try requireEqual(isEqual, true, "bytes")
        },
        SessionConformance("a parameter has its number, wherever it stands") { store in
            let row = try await store.query("reading") { session in
                try session.row(
                    Query("SELECT CAST($2 AS TEXT) AS b, CAST($1 AS TEXT) AS a", [.text("1"), .text("2")]) {
                        [try $0.text("a"), try $0.text("b")]
                    }
                )
            }
            try requireEqual(row, ["1", "2"], "values")
        },
    ]

    // MARK: Failures

    private static let failures = [
        SessionConformance("a missing column and a wrong type are errors") { store in
            try await store.insert("a", .bool(true), .int(7), .bytes([1]))
            let reads: [Read] = [
                { _ = try $0.text("absent") }, { _ = try $0.optionalInt("absent") }, { _ = try $0.int("id") },
                { _ = try $0.text("number") }, { _ = try $0.text("bytes") }, { _ = try $0.bytes("id") },
                { _ = try $0.bool("number") }, { _ = try $0.optionalBool("id") },
                { _ = try $0.optionalText("number") }, { _ = try $0.optionalBytes("number") },
                { try $0.decode("bytes") { _ in throw RowError.malformed(column: "") } },
            ]
            for read in reads { try await store.requireFailure(.corrupt, read) }
            // The connection and the store are as good as before.
            try requireEqual(try await store.things().count, 1, "rows")
        },
        SessionConformance("a row error names its column") { store in
            try await store.insert("a", .bool(true), .int(7), .bytes([1]))
            let errors = try await store.query("reading") { session in
                try session.rows(
                    Query("SELECT * FROM things") { row in
                        var errors: [RowError] = []
                        do throws(RowError) { _ = try row.text("absent") } catch { errors.append(error) }
                        do throws(RowError) { _ = try row.text("number") } catch { errors.append(error) }
                        return errors
                    }
                )
            }
            try requireEqual(
                errors.first,
                [.missing(column: "absent"), .mismatch(column: "number")],
                "errors"
            )
        },
    ]

    // MARK: Lists and counts

    private static let lists = [
        SessionConformance("a list finds what it names, and an empty one nothing") { store in
            for id in ["a", "b", "c"] {
                try await store.insert(id, .null, .int(Int64(id.utf8.first ?? 0)), .null)
            }
            func count(_ condition: String, _ values: [SQLValue]) async throws -> Int {
                try await store.query("reading") { session in
                    try session.rows(Query("SELECT id FROM things WHERE \(condition)", values) { _ in 0 })
                        .count
                }
            }
            try requireEqual(try await count("id = ANY($1)", [.texts(["a", "c", "x"])]), 2, "texts")
            try requireEqual(try await count("number = ANY($1)", [.ints([98])]), 1, "integers")
            try requireEqual(try await count("id = ANY($1)", [.texts([])]), 0, "none")
            let values: [SQLValue] = [.ints([97, 98, 99]), .text("a"), .texts(["a", "b"])]
            try requireEqual(
                try await count("id = ANY($3) AND id > $2 AND number = ANY($1)", values),
                1,
                "between other values"
            )
        },
        SessionConformance("the rows that a statement changed are counted") { store in
            let counts = try await store.execute(
                "changing",
                repeats: false,
                [
                    SQLStatement("INSERT INTO things (id) VALUES ('a'), ('b')"),
                    SQLStatement("INSERT INTO things (id) VALUES ('a') ON CONFLICT DO NOTHING"),
                    SQLStatement("UPDATE things SET number = 1"),
                    SQLStatement("SELECT id FROM things"),
                    SQLStatement("DELETE FROM things WHERE id = $1 RETURNING id", [.text("b")]),
                    SQLStatement("DELETE FROM things WHERE id = 'x'"),
                ]
            )
            try requireEqual(counts, [2, 0, 2, 0, 1, 0], "counts")
        },
    ]

    // MARK: Transactions

    private static let transactions = [
        SessionConformance("what is deferred is written with the commit, in order") { store in
            try await store.transaction("writing", under: .events, repeats: false) { session in
                try session.runLater([SQLStatement("INSERT INTO things (id, number) VALUES ('a', 1)")])
                try session.runLater([SQLStatement("UPDATE things SET number = number + 1")])
                let seen = try session.row(Query("SELECT number FROM things") { try $0.int("number") })
                try requireEqual(seen, 2, "within the transaction")
                try session.runLater([SQLStatement("UPDATE things SET number = number + 1")])
            }
            try requireEqual(try await store.things().first?.number, 3, "after it")
        },
        SessionConformance("nothing is written by a transaction that fails") { store in
            struct Refusal: Error {}
            do {
                try await store.transaction("writing", under: nil, repeats: false) { session in
                    try session.execute(SQLStatement("INSERT INTO things (id) VALUES ('a')"))
                    throw Refusal()
                }
                throw Violation(description: "it did not fail")
            } catch let error as StoreError {
                try requireEqual(error.code, .other, "code")
            }
            do {
                try await store.execute(
                    "writing",
                    repeats: false,
                    [
                        SQLStatement("INSERT INTO things (id) VALUES ('a')"),
                        SQLStatement("INSERT INTO things (id) VALUES ('a')"),
                    ]
                )
                throw Violation(description: "it did not fail")
            } catch let error as StoreError {
                try requireEqual(error.code, .constraint, "code")
            }
            try requireEqual(try await store.things().count, 0, "rows")
        },
        SessionConformance("nothing can be deferred outside of a transaction") { store in
            do {
                try await store.query("reading") { try $0.runLater([SQLStatement("DELETE FROM things")]) }
                throw Violation(description: "it did not fail")
            } catch is StoreError {}
        },
    ]
}

private typealias Read = @Sendable (SQLRow) throws -> Void

private struct Thing: Equatable, Sendable {
    let flag: Bool?
    let number: Int64?
    let bytes: [UInt8]?
}

extension SQLStore {
    fileprivate func insert(
        _ id: String,
        _ flag: SQLValue,
        _ number: SQLValue,
        _ bytes: SQLValue
    ) async throws {
        let sql = "INSERT INTO things (id, flag, number, bytes) VALUES ($1, $2, $3, $4)"
        try await execute("inserting", repeats: false, [SQLStatement(sql, [.text(id), flag, number, bytes])])
    }

    fileprivate func things() async throws -> [Thing] {
        try await query("reading") { session in
            try session.rows(
                Query("SELECT * FROM things ORDER BY id") { row in
                    Thing(
                        flag: try row.optionalBool("flag"),
                        number: try row.optionalInt("number"),
                        bytes: try row.optionalBytes("bytes")
                    )
                }
            )
        }
    }

    fileprivate func requireFailure(_ code: StoreError.Code, _ read: @escaping Read) async throws {
        do {
            _ = try await query("reading") { try $0.rows(Query("SELECT * FROM things", decode: read)) }
        } catch {
            return try requireEqual(error.code, code, "code")
        }
        throw Violation(description: "it did not fail")
    }
}
