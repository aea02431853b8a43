import ArgumentParser
import PostgresClient
import PostgresStorage

/// The database to use (`DATABASE_URL`).
enum DatabaseLocation: Sendable {
    case sqlite(path: String)
    case postgres(PostgresURL)

    static func parse(_ text: String) throws(SettingFault) -> DatabaseLocation {
        guard text.hasPrefix("sqlite:") else {
            do throws(PostgresURL.Fault) {
                return .postgres(try PostgresURL.parse(text))
            } catch .scheme {
                throw SettingFault(sentence: "it begins with neither sqlite: nor postgres://")
            } catch {
                throw SettingFault(error)
            }
        }
        let path = text.dropFirst(7)
        guard !path.isEmpty else { throw SettingFault(sentence: "it has no path after sqlite:") }
        // SQLite's other spellings, or a URL behind a prefix of another one, would become a file of that name.
        guard !path.hasPrefix(":"), !path.hasPrefix("file:"), !path.contains("://") else {
            throw SettingFault(sentence: "it has something other than the path of a file after sqlite:")
        }
        return .sqlite(path: String(path))
    }

    /// Parses what an option or a variable of this name has.
    ///
    /// - Throws: ``CommandFailure`` with the part that is wrong.
    static func named(
        _ name: String,
        _ text: String?,
        taking accepted: String = Setting.databaseURL.accepts,
        _ code: ExitCode
    ) throws(CommandFailure) -> DatabaseLocation {
        do throws(SettingFault) {
            return try parse(text ?? "")
        } catch {
            throw CommandFailure(code, error.problem(of: name, taking: accepted))
        }
    }

    var postgres: PostgresURL? { if case .postgres(let url) = self { url } else { nil } }
}
