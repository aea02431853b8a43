import Foundation
import Yams

/// The values that were given, each with where it came from.
///
/// Flags win over the environment, that over files named by it, those over the configuration file.
struct SettingValues: Sendable {
    enum Source: Sendable, Equatable {
        case flag
        case environment
        /// `NAME_FILE`
        case file(String)
        /// A systemd credential.
        case credential
        case configurationFile(String)
        case development
        case builtIn
    }

    private(set) var values: [Setting: (text: String, source: Source)] = [:]

    /// - Throws: ``ConfigurationError`` for files that cannot be read and for unknown keys in the file.
    init(
        flags: [Setting: String],
        environment: [String: String],
        configurationFile: String?
    ) throws(ConfigurationError) {
        var problems: [String] = []
        let fromFile: [Setting: String]
        do {
            fromFile = try configurationFile.map(Self.read) ?? [:]
        } catch {
            problems += error.problems
            fromFile = [:]
        }
        for setting in Setting.allCases {
            do {
                if let text = flags[setting] {
                    values[setting] = (text, .flag)
                } else if let text = environment[setting.rawValue] {
                    values[setting] = (text, .environment)
                } else if let path = environment[setting.rawValue + "_FILE"] {
                    values[setting] = (try Self.secret(at: path, for: setting), .file(path))
                } else if let folder = environment["CREDENTIALS_DIRECTORY"],
                    FileManager.default.fileExists(atPath: "\(folder)/\(setting.rawValue)")
                {
                    values[setting] = (
                        try Self.secret(at: "\(folder)/\(setting.rawValue)", for: setting), .credential
                    )
                } else if let text = fromFile[setting] {
                    values[setting] = (text, .configurationFile(configurationFile ?? ""))
                }
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }

    /// Gives a value to a setting that has none.
    mutating func supply(_ setting: Setting, _ text: String, from source: Source = .development) {
        if values[setting] == nil { values[setting] = (text, source) }
    }

    /// The value given, else the built-in one.
    ///
    /// An empty value counts as none given.
    func text(_ setting: Setting) -> String? {
        guard let text = values[setting]?.text, !text.isEmpty else { return setting.defaultValue }
        return text
    }

    private static func secret(at path: String, for setting: Setting) throws(ConfigurationError) -> String {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20 else {
            throw ConfigurationError("\(setting.rawValue)_FILE: the file \(path) cannot be read.")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: The file

    /// Reads YAML or JSON (which YAML contains).
    ///
    /// Keys are the variables' names in any case, or nested: `stripe: {webhook_secret: …}`.
    private static func read(_ path: String) throws(ConfigurationError) -> [Setting: String] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("the file \(path) cannot be read.")
        }
        guard data.count <= 1 << 20 else {
            throw ConfigurationError("the file \(path) is larger than 1 MiB.")
        }
        let document: Any?
        do {
            document = try Yams.load(yaml: String(decoding: data, as: UTF8.self))
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
                let nearest = Spelling.nearest(to: name, among: Setting.allCases.map(\.rawValue))
                problems.append(
                    "\(path): there is no setting \(name)." + (nearest.map { " Did you mean \($0)?" } ?? "")
                )
            }
        }
    }
}
