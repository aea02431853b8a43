import Cryptography
import Web

/// One setting for display, with its source and without secrets.
struct ShownSetting: Equatable, Sendable {
    let setting: Setting
    /// Secrets are shown as fingerprints, passwords as `…`; `nil` without a value and a default.
    let value: String?
    /// How many values a list of secrets has.
    let count: Int?
    /// `flag`, `environment`, `file`, `credential`, `configuration_file`, `development`, `default` or `none`.
    let source: String
    /// The path of the source file.
    let path: String?

    init(_ setting: Setting, of values: SettingValues) {
        self.setting = setting
        let given = values.values[setting].flatMap { $0.text.isEmpty ? nil : $0 }
        let text = given?.text ?? setting.defaultValue
        value = text.map { Self.masked($0, of: setting) }
        let isList =
            SecretsConfiguration.settings.contains(setting)
            || [.alertWebhookSecret, .forwardSecret].contains(setting)
        count = isList ? text.map { Self.parts($0).count } ?? 0 : nil
        (source, path) = given.map { Self.place($0.source) } ?? (text == nil ? "none" : "default", nil)
    }

    /// The source, for people.
    var origin: String {
        switch source {
        case "file": "\(setting.rawValue)_FILE \(path ?? "")"
        case "credential": "credential \(path ?? "")"
        case "configuration_file": path ?? ""
        case "development": "--dev"
        case "none": "–"
        default: source
        }
    }

    private static func place(_ source: SettingValues.Source) -> (String, path: String?) {
        switch source {
        case .flag: ("flag", nil)
        case .environment: ("environment", nil)
        case .file(let path): ("file", path)
        case .credential(let path): ("credential", path)
        case .configurationFile(let path): ("configuration_file", path)
        case .development: ("development", nil)
        }
    }

    // MARK: Masking

    private static func masked(_ text: String, of setting: Setting) -> String {
        switch setting {
        case .webhookSecret, .alertWebhookSecret, .forwardSecret:
            parts(text).map { masked($0, prefixes: ["whsec_"]) }.joined(separator: ", ")
        case .linkSigningSecret: parts(text).map { masked($0, prefixes: []) }.joined(separator: ", ")
        case .stripeSecretKey:
            masked(text, prefixes: ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_", "rk_"])
        case .apiKeys: parts(text).map(maskedKey).joined(separator: ", ")
        case .alertWebhookURL: hostAlone(text)
        case .forwardTo: parts(text).map(hostAlone).joined(separator: ", ")
        default: withoutPassword(text)
        }
    }

    /// Hides the path: knowing it may be enough to post to the receiver.
    private static func hostAlone(_ text: String) -> String {
        guard let origin = WebOrigin(of: text) else { return "(cannot be read)" }
        return text == "\(origin)" ? text : "\(origin)/…"
    }

    /// The values of a list, split as the parser does.
    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.filter { $0 != " " && $0 != "\n" }) }
    }

    /// `whsec_… (1a2b3c4d)`, with the same fingerprint as in `GET /v1/secrets`.
    private static func masked(_ secret: String, prefixes: [String]) -> String {
        guard !secret.isEmpty else { return "(empty)" }
        let prefix = prefixes.first(where: secret.hasPrefix) ?? ""
        return "\(prefix)… (\(SHA256Digest(of: Array(secret.utf8)).fingerprint))"
    }

    /// `console (19c2aa7e) feed:read+ops`.
    ///
    /// An unreadable entry may be the key itself, so it is not shown.
    private static func maskedKey(_ entry: String) -> String {
        guard let key = try? APIKey(parsing: entry) else { return "(cannot be read)" }
        let scopes = Scope.allCases.filter(key.scopes.contains).map(\.rawValue)
        return "\(key.name) (\(key.digest.fingerprint)) \(scopes.joined(separator: "+"))"
    }

    /// A URL with `…` in place of its password and of secret query values.
    private static func withoutPassword(_ text: String) -> String {
        guard let begin = text.firstRange(of: "://")?.upperBound else { return text }
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var address = String(halves[0])
        // Use the last `@`: a password that was not percent-encoded may contain others.
        if let end = address.lastIndex(of: "@") {
            let user = address[begin..<end].prefix { $0 != ":" }
            if user.endIndex < end { address.replaceSubrange(begin..<end, with: user + ":…") }
        }
        guard halves.count == 2 else { return address }
        // An `@` after the `?` may end a password that contains the `?`: hide everything.
        if halves[1].contains("@") { return text[..<begin] + "…" }
        let query = halves[1].split(separator: "&", omittingEmptySubsequences: false).map { pair in
            let name = pair.prefix { $0 != "=" }
            let isSecret = ["pass", "secret", "token", "key"].contains(where: name.lowercased().contains)
            return isSecret && name.count < pair.count ? name + "=…" : String(pair)
        }
        return address + "?" + query.joined(separator: "&")
    }
}
