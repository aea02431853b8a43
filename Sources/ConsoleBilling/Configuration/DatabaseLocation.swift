import PostgresClient
import PostgresStorage

/// The database to use (`DATABASE_URL`).
enum DatabaseLocation: Sendable {
    case sqlite(path: String)
    case postgres(PostgresURL)

    init?(_ text: String) {
        if text.hasPrefix("sqlite:"), text.count > 7 {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if let url = PostgresURL(text) {
            self = .postgres(url)
        } else {
            return nil
        }
    }

    var postgres: PostgresURL? { if case .postgres(let url) = self { url } else { nil } }
}
