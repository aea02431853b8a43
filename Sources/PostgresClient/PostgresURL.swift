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

    /// What the library takes for it: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-SSLMODE>.
    private static let modes = ["", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// What a URL looks like, for the message that refuses one.
    package static let form =
        "postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full, the password percent-encoded (%40 for @, %2F for /)"

    /// - Returns: `nil` for what is no URL of PostgreSQL's, one with an option or an `sslmode` that it does not have, or
    ///   one whose password is not percent-encoded.
    package init?(_ text: String) {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://"), !text.utf8.contains(0),
            !Self.spillsPassword(text)
        else { return nil }
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
        // The library itself says so only when it connects.
        guard given["sslmode"].map(Self.modes.contains) ?? true else { return nil }
        self.text = text
        self.given = given
    }

    /// Whether an `@` stands where none can but a password's.
    ///
    /// A password that holds `@` or `/` unencoded ends there for the client library, which takes the rest for the host
    /// or the database and names them in its messages:
    /// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>
    private static func spillsPassword(_ text: String) -> Bool {
        var rest = text.unicodeScalars.drop { $0 != "/" }.dropFirst(2)
        if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" {
            rest = rest[end...].dropFirst()
        }
        let query = rest.drop { $0 != "?" }
        // The name of a socket in the abstract namespace begins with one.
        let isInOption = zip(query, query.dropFirst()).contains { $1 == "@" && $0 != "=" && $0 != "," }
        return rest.prefix { $0 != "?" }.contains("@") || isInOption
    }

    /// Host and database, for people; never user or password.
    package var description: String { "postgres://\(given["host"] ?? "…")/\(given["dbname"] ?? "…")" }
    package var debugDescription: String { description }

    /// What to say of a URL that ``leavesEncryptionOpen(variable:)``, after its name.
    package static let encryptionIsOpen =
        "leads to another machine and leaves it to the server whether the connection is encrypted. Set ?sslmode=verify-full "
        + "in it, or ?sslmode=disable on a network that is yours alone; or PGSSLMODE."

    /// Whether a connection may go to another machine while nothing says whether it is encrypted.
    ///
    /// The library then tries TLS, and goes on without it where the server has none, or where somebody on the way says
    /// so (`sslmode=prefer`): <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>
    ///
    /// - Parameter variable: A variable of the environment: the library reads `PGSSLMODE`, `PGHOST` and `PGHOSTADDR`
    ///   where the URL says nothing.
    /// - Returns: `false` where `sslmode` decides it, one way or the other, or the server is on this machine.
    package func leavesEncryptionOpen(
        variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) -> Bool {
        func value(_ option: String, _ name: String) -> String? {
            (given[option] ?? variable(name)).flatMap { $0.isEmpty ? nil : $0 }
        }
        // Of these two the library says itself that they leave it to the server.
        guard ["prefer", "allow", nil].contains(value("sslmode", "PGSSLMODE")) else { return false }
        // A file of services may name any host (https://www.postgresql.org/docs/current/libpq-pgservice.html).
        if value("service", "PGSERVICE") != nil { return true }
        let places = [value("host", "PGHOST"), value("hostaddr", "PGHOSTADDR")].compactMap(\.self)
        return places.flatMap { $0.split(separator: ",") }.contains { !Self.isOfThisMachine($0) }
    }

    /// A path or a name in the abstract namespace is a socket of this machine's.
    private static func isOfThisMachine(_ host: Substring) -> Bool {
        host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1"
            || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
    }

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
