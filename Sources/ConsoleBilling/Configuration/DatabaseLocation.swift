import PostgresClient
import PostgresStorage

/// The database to use (`DATABASE_URL`).
enum DatabaseLocation: Sendable {
    case sqlite(path: String)
    case postgres(PostgresURL)

    init?(_ text: String) {
        if text.hasPrefix("sqlite:"), text.count > 7 {
            let path = text.dropFirst(7)
            // SQLite's other spellings, or a URL behind a prefix of another one, would become a file of that name.
            guard !path.hasPrefix(":"), !path.hasPrefix("file:"), !path.contains("://") else { return nil }
            self = .sqlite(path: String(path))
        } else if let url = PostgresURL(text) {
            self = .postgres(url)
        } else {
            return nil
        }
    }

    var postgres: PostgresURL? { if case .postgres(let url) = self { url } else { nil } }
}
