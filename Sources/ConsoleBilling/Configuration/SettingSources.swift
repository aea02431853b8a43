import Foundation

/// Where settings come from: what a start was given, which stays as it is, and files, which may be changed.
struct SettingSources: Sendable {
    typealias Contents = [String: FileContent]

    var flags: [Setting: String] = [:]
    var environment: [String: String] = [:]
    var configurationFile: String?
    /// What `serve --dev` makes up for settings that nobody gave.
    var development: [Setting: String] = [:]
    /// What was wrong with the flags themselves.
    var problems: [String] = []
    /// What was read and can be read only once.
    var streams: Contents = [:]

    /// The files that have a say, whether they are there or not.
    var paths: [String] {
        let own = Setting.allCases.filter { flags[$0] == nil && environment[$0.rawValue] == nil }
        return own.flatMap { [namedPath($0), credentialPath($0)].compactMap(\.self) }
            + (configurationFile.map { [$0] } ?? [])
    }

    /// `NAME_FILE`.
    func namedPath(_ setting: Setting) -> String? { environment[setting.rawValue + "_FILE"] }

    /// Where systemd puts a credential of that name.
    func credentialPath(_ setting: Setting) -> String? {
        environment["CREDENTIALS_DIRECTORY"].map { "\($0)/\(setting.rawValue)" }
    }

    /// Looks at the files.
    func contents(_ look: (String) -> FileContent = FileContent.read) -> Contents {
        var contents = streams
        for path in paths where contents[path] == nil { contents[path] = look(path) }
        return contents
    }

    /// The same, which keep what was read from pipes.
    func keepingStreams(_ contents: Contents) -> SettingSources {
        var kept = self
        kept.streams = contents.filter { FileContent.isStream($0.key) }
        return kept
    }
}
