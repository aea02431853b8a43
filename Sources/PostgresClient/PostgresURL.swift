import CPostgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The URL of a PostgreSQL database, as libpq parses it: hosts, user, password, TLS.
///
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>
package struct PostgresURL: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Whether sessions write, which decides the host to use if the URL names several.
    package enum Role: Sendable {
        case writer
        case reader
    }

    private let text: String
    /// The options in the URL; values of secret ones are blank.
    private let given: [String: String]

    /// The values of `sslmode`:
    /// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-SSLMODE>.
    private static let modes = ["", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// The form of a URL, for error messages.
    package static let form =
        "postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full, the password percent-encoded (%40 for @, %2F for /)"

    /// Why a text is no URL, to follow the words "it": it quotes nothing of the text, which may hold a password.
    package enum Fault: String, Error {
        case scheme = "does not begin with postgres:// or postgresql://"
        case unencoded = "has an @ that is not percent-encoded (%40), in the password or after it"
        case options = "has a part or an option that libpq cannot read"
        case encryption =
            "has another sslmode than disable, allow, prefer, require, verify-ca or verify-full"
        case port = "has a port that is not a number from 1 to 65535"
    }

    /// - Returns: `nil` if the text has a ``Fault``.
    package init?(_ text: String) {
        guard let url = try? Self.parse(text) else { return nil }
        self = url
    }

    private init(text: String, given: [String: String]) {
        self.text = text
        self.given = given
    }

    /// - Throws: ``Fault`` if the text is not a PostgreSQL URL, has an unknown option or `sslmode`, or a
    ///   password that is not percent-encoded.
    package static func parse(_ text: String) throws(Fault) -> PostgresURL {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else { throw .scheme }
        guard !spillsPassword(text) else { throw .unencoded }
        guard !text.utf8.contains(0), let options = PQconninfoParse(text, nil) else { throw .options }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            // libpq marks options that hold a password with `*`.
            let isSecret = option.pointee.dispchar.map { $0.pointee == UInt8(ascii: "*") } ?? false
            if let value = option.pointee.val {
                given[String(cString: keyword)] = isSecret ? "" : String(cString: value)
            }
            option += 1
        }
        // libpq checks these only when it connects, and its message about a port shows a password that is typed
        // without a user: `postgres://HOST:PASSWORD/NAME`.
        guard given["sslmode"].map(modes.contains) ?? true else { throw .encryption }
        let ports = (given["port"] ?? "").split(separator: ",")
        guard ports.allSatisfy({ UInt16($0).map { $0 > 0 } ?? false }) else { throw .port }
        return PostgresURL(text: text, given: given)
    }

    /// Whether an `@` occurs where only an unencoded password can have one.
    ///
    /// libpq ends a password at an unencoded `@` or `/`, takes the rest for the host or the database, and
    /// names them in its messages:
    /// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>
    private static func spillsPassword(_ text: String) -> Bool {
        var rest = text.unicodeScalars.drop { $0 != "/" }.dropFirst(2)
        if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" {
            rest = rest[end...].dropFirst()
        }
        let query = rest.drop { $0 != "?" }
        // The name of an abstract socket may begin with `@`.
        let isInOption = zip(query, query.dropFirst()).contains { $1 == "@" && $0 != "=" && $0 != "," }
        return rest.prefix { $0 != "?" }.contains("@") || isInOption
    }

    /// Host and database, never user or password.
    package var description: String { "postgres://\(given["host"] ?? "…")/\(given["dbname"] ?? "…")" }
    package var debugDescription: String { description }

    /// The error for a URL with ``leavesEncryptionOpen(variable:)``, to follow the setting's name.
    package static let encryptionIsOpen =
        "leads to another machine and leaves it to the server whether the connection is encrypted. Set ?sslmode=verify-full "
        + "in it, or ?sslmode=disable on a network that is yours alone; or PGSSLMODE."

    /// Whether a connection may go to another machine while neither URL nor environment decides about
    /// encryption.
    ///
    /// libpq then tries TLS, and continues without it if the server, or an attacker in between, says that it
    /// has none (`sslmode=prefer`):
    /// <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>
    ///
    /// - Parameter variable: Reads an environment variable: libpq uses `PGSSLMODE`, `PGHOST` and `PGHOSTADDR`
    ///   for options that the URL leaves out.
    /// - Returns: `false` if `sslmode` decides, or the server is on this machine.
    package func leavesEncryptionOpen(
        variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) -> Bool {
        func value(_ option: String, _ name: String) -> String? {
            (given[option] ?? variable(name)).flatMap { $0.isEmpty ? nil : $0 }
        }
        // libpq documents that `prefer` and `allow` leave the decision to the server.
        guard ["prefer", "allow", nil].contains(value("sslmode", "PGSSLMODE")) else { return false }
        // A service file may name any host (https://www.postgresql.org/docs/current/libpq-pgservice.html).
        if value("service", "PGSERVICE") != nil { return true }
        let places = [value("host", "PGHOST"), value("hostaddr", "PGHOSTADDR")].compactMap(\.self)
        return places.flatMap { $0.split(separator: ",") }.contains { !Self.isOfThisMachine($0) }
    }

    /// A path, or a name in the abstract namespace, is a local socket.
    private static func isOfThisMachine(_ host: Substring) -> Bool {
        host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1"
            || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
    }

    /// Passes libpq the connection parameters; the URL comes after our defaults and overrides them.
    func withConnectionParameters<Result>(
        for role: Role,
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let wishes = [
            ("fallback_application_name", "console-billing"),
            ("connect_timeout", "5"),
            // Among several hosts, choose the one that accepts writes, also after a standby was promoted.
            ("target_session_attrs", role == .writer ? "read-write" : "any"),
            // Detect a dead peer within seconds, not hours.
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
