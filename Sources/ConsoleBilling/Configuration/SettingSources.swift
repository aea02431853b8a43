import Foundation

/// The sources of settings: flags and environment, which are fixed at the start, and files, which may change.
struct SettingSources: Sendable {
    typealias Contents = [String: FileContent]

    var flags: [Setting: String] = [:]
    var environment: [String: String] = [:]
    var configurationFile: String?
    /// The values that `serve --dev` generates for settings that were not given.
    var development: [Setting: String] = [:]
    /// Problems of the flags themselves.
    var problems: [String] = []
    /// Contents of streams, which can be read only once.
    var streams: Contents = [:]

    /// The files that may supply a setting, existing or not.
    var paths: [String] {
        let own = Setting.allCases.filter { flags[$0] == nil && (environment[$0.rawValue] ?? "").isEmpty }
        return own.flatMap { [namedPath($0), credentialPath($0)].compactMap(\.self) }
            + (configurationFile.map { [$0] } ?? [])
    }

    /// `NAME_FILE`.
    func namedPath(_ setting: Setting) -> String? { environment[setting.rawValue + "_FILE"] }

    /// The path of the systemd credential with that name.
    func credentialPath(_ setting: Setting) -> String? {
        environment["CREDENTIALS_DIRECTORY"].map { "\($0)/\(setting.rawValue)" }
    }

    /// Reads the files.
    func contents(_ look: (String) -> FileContent = FileContent.read) -> Contents {
        var contents = streams
        for path in paths where contents[path] == nil { contents[path] = look(path) }
        return contents
    }

    /// The same sources, with the contents of pipes kept.
    func keepingStreams(_ contents: Contents) -> SettingSources {
        var kept = self
        kept.streams = contents.filter { FileContent.isStream($0.key) }
        return kept
    }
}
