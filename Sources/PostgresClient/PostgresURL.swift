import CPostgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where a PostgreSQL database is, as its own client library reads it: hosts, user, password, TLS.
///
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>
package struct PostgresURL: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What is to be done with a database, which decides which of several hosts will do.
    package enum Role: Sendable {
        case writer
        case reader
    }

    private let text: String
    /// The options that were given, without what may be secret.
    private let given: [String: String]

    /// - Returns: `nil` for what is no URL of PostgreSQL's, or one with an option that it does not have.
    package init?(_ text: String) {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://"), !text.utf8.contains(0) else {
            return nil
        }
        guard let options = PQconninfoParse(text, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            // What the library marks so is a password, or not for showing.
            let isSecret = option.pointee.dispchar.map { $0.pointee == UInt8(ascii: "*") } ?? false
            if let value = option.pointee.val {
                given[String(cString: keyword)] = isSecret ? "" : String(cString: value)
            }
            option += 1
        }
        self.text = text
        self.given = given
    }

    /// Host and database, for people; never user or password.
    package var description: String { "postgres://\(given["host"] ?? "…")/\(given["dbname"] ?? "…")" }
    package var debugDescription: String { description }

    /// What the library is handed: our own wishes first, so that what the URL says stands.
    func withConnectionParameters<Result>(
        for role: Role,
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let wishes = [
            ("fallback_application_name", "console-billing"),
            ("connect_timeout", "5"),
            // Of several hosts the one that takes writes, also after a standby was promoted.
            ("target_session_attrs", role == .writer ? "read-write" : "any"),
            // A peer that is gone without a word is noticed within seconds, not hours.
            ("keepalives_idle", "10"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "15000"),
            ("dbname", text),
            ("client_encoding", "UTF8"),
        ]
        let copies = wishes.map { (strdup($0.0), strdup($0.1)) }
        defer {
            for (keyword, value) in copies {
                free(keyword)
                free(value)
            }
        }
        return body(
            copies.map { UnsafePointer($0.0) } + [nil],
            copies.map { UnsafePointer($0.1) } + [nil]
        )
    }
}
