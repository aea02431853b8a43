import Foundation
import Yams

/// The given values, each with its source.
///
/// Priority: flags, environment variables, `NAME_FILE` files, systemd credentials, the configuration file,
/// values of `serve --dev`.
struct SettingValues: Sendable {
    enum Source: Sendable, Equatable {
        case flag
        case environment
        /// `NAME_FILE`
        case file(String)
        /// A systemd credential.
        case credential(String)
        case configurationFile(String)
        case development
    }

    private(set) var values: [Setting: (text: String, source: Source)] = [:]
    /// Problems found before a value is parsed: unreadable files, unknown names.
    private(set) var problems: [String]
    /// Settings that already have such a problem.
    private(set) var unreadable: Set<Setting> = []

    /// Reads all sources and collects their problems.
    init(_ sources: SettingSources, contents: SettingSources.Contents) {
        problems = sources.problems + SettingNames.misspelt(in: sources.environment)
        var fromFile: [Setting: String] = [:]
        if let path = sources.configurationFile {
            do {
                fromFile = try Self.settings(in: contents[path] ?? .absent, path: path)
            } catch {
                problems += error.problems
            }
        }
        for setting in Setting.allCases {
            if let text = sources.flags[setting] {
                values[setting] = (text, .flag)
            } else if let text = sources.environment[setting.rawValue], !text.isEmpty,
                sources.namedPath(setting) != nil
            {
                refuse(
                    setting,
                    "\(setting.rawValue) and \(setting.rawValue)_FILE are both set, of which one would be ignored. Unset one."
                )
            } else if let text = sources.environment[setting.rawValue],
                !text.isEmpty || sources.namedPath(setting) == nil
            {
                values[setting] = (text, .environment)
            } else if let path = sources.namedPath(setting) {
                take(setting, from: contents[path] ?? .absent, path: path, .file(path))
            } else if let path = sources.credentialPath(setting), let content = contents[path],
                content != .absent
            {
                take(setting, from: content, path: path, .credential(path))
            } else if let text = fromFile[setting] {
                values[setting] = (text, .configurationFile(sources.configurationFile ?? ""))
            } else if let text = sources.development[setting] {
                values[setting] = (text, .development)
            }
            if let text = values[setting]?.text, Self.isQuoted(text) {
                refuse(
                    setting,
                    "\(setting.rawValue) has quotation marks around its value, which would be part of it. Take them off."
                )
            }
        }
    }

    /// Whether a value, or one value of a list, is in quotation marks.
    ///
    /// Docker's env files, for example, keep the marks as part of the value.
    ///
    /// <https://docs.docker.com/reference/cli/docker/container/run/#env>
    private static func isQuoted(_ text: String) -> Bool {
        ([text[...]] + text.split(separator: ",")).contains { part in
            let part = part.drop(while: \.isWhitespace)
            guard let first = part.first, let last = part.last else { return false }
            return quotationMarks.contains(first) && (part.count == 1 || quotationMarks.contains(last))
                || "\"“”„".contains(first)
        }
    }

    /// Typographic marks come from documents that were pasted.
    private static let quotationMarks = "\"'“”„‘’‚«»"

    /// Reads the sources as they are now.
    ///
    /// - Throws: ``ConfigurationError`` for unreadable files and unknown names.
    init(
        flags: [Setting: String],
        environment: [String: String],
        configurationFile: String?
    ) throws(ConfigurationError) {
        let sources = SettingSources(
            flags: flags,
            environment: environment,
            configurationFile: configurationFile
        )
        self.init(sources, contents: sources.contents())
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// Gives a value to a setting that has none.
    mutating func supply(_ setting: Setting, _ text: String, from source: Source = .development) {
        if values[setting] == nil { values[setting] = (text, source) }
    }

    /// Removes a setting's value and adds the reason to the problems.
    mutating func refuse(_ setting: Setting, _ problem: String) {
        values[setting] = nil
        unreadable.insert(setting)
        problems.append(problem)
    }

    /// The given value, else the default.
    ///
    /// An empty value counts as none given.
    func text(_ setting: Setting) -> String? {
        guard let text = values[setting]?.text, !text.isEmpty else { return setting.defaultValue }
        return text
    }

    private mutating func take(
        _ setting: Setting,
        from content: FileContent,
        path: String,
        _ source: Source
    ) {
        guard case .bytes(let bytes) = content else {
            return refuse(
                setting,
                "\(setting.rawValue)_FILE: the file \(path) \(content == .tooLarge ? "is larger than 1 MiB" : "cannot be read")."
            )
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        values[setting] = (text, source)
    }

    // MARK: The file

    /// Reads YAML or JSON (which YAML contains).
    ///
    /// Keys are the variables' names in any case, or nested: `stripe: {webhook_secret: …}`.
    private static func settings(
        in content: FileContent,
        path: String
    ) throws(ConfigurationError) -> [Setting: String] {
        guard case .bytes(let bytes) = content else {
            throw ConfigurationError(
                "the file \(path) \(content == .tooLarge ? "is larger than 1 MiB" : "cannot be read")."
            )
        }
        let document: Any?
        do {
            document = try Yams.load(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw ConfigurationError("the file \(path) is neither YAML nor JSON.")
        }
        guard let document else { return [:] }
        guard let mapping = document as? [String: Any] else {
            throw ConfigurationError("the file \(path) does not hold names and values.")
        }
        var values: [Setting: String] = [:]
        var problems: [String] = []
        collect(mapping, under: "", path: path, into: &values, &problems)
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return values
    }

    private static func collect(
        _ mapping: [String: Any],
        under prefix: String,
        path: String,
        into values: inout [Setting: String],
        _ problems: inout [String]
    ) {
        for (key, value) in mapping.sorted(by: { $0.key < $1.key }) {
            let name = prefix + key.replacing("-", with: "_").replacing(".", with: "_").uppercased()
            if let nested = value as? [String: Any] {
                collect(nested, under: name + "_", path: path, into: &values, &problems)
            } else if let setting = Setting(rawValue: name) {
                let list = value as? [Any]
                values[setting] = list.map { $0.map { "\($0)" }.joined(separator: ",") } ?? "\(value)"
            } else {
                problems.append("\(path): \(SettingNames.unknown(name))")
            }
        }
    }
}
