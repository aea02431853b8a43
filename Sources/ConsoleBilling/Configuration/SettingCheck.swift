import Billing
import PostgresClient
import Web
import Webhooks

/// Parses values one by one and collects their problems.
struct SettingCheck {
    let values: SettingValues
    var problems: [String]

    init(_ values: SettingValues) {
        self.values = values
        problems = values.problems
    }

    mutating func required<Value>(_ setting: Setting, _ parse: (String) -> Value?) -> Value? {
        guard let text = values.text(setting) else {
            miss(setting)
            return nil
        }
        return parsed(setting, text, parse)
    }

    mutating func optional<Value>(_ setting: Setting, _ parse: (String) -> Value?) -> Value? {
        values.text(setting).flatMap { parsed(setting, $0, parse) }
    }

    mutating func list<Value>(
        _ setting: Setting,
        isRequired: Bool,
        _ parse: (String) -> Value?
    ) -> [Value] {
        guard let text = values.text(setting) else {
            if isRequired { miss(setting) }
            return []
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        return parts.compactMap { parsed(setting, $0.filter { $0 != " " && $0 != "\n" }, parse) }
    }

    /// The address to listen on, and the base URL of links to the service.
    mutating func place() -> (host: String, port: Int, publicURL: String) {
        let host = required(.host, Self.listenAddress) ?? ""
        let port = required(.port) { Int($0).flatMap { 0...65535 ~= $0 ? $0 : nil } } ?? 0
        if !host.isEmpty, WildcardAddress.matches(host), values.text(.publicURL) == nil {
            problems.append(
                "HOST is every address of this machine, which no link can lead to. Set PUBLIC_URL to where the service "
                    + "is reached, such as https://billing.example.com."
            )
        }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return (host, port, explained(.publicURL, PublicURL.parse) ?? "http://\(shownHost):\(port)")
    }

    /// Parses a value whose parts can be wrong in several ways; the problem names the part.
    mutating func explained<Value>(
        _ setting: Setting,
        _ parse: (String) throws(SettingFault) -> Value
    ) -> Value? {
        guard let text = values.text(setting) else { return nil }
        do throws(SettingFault) {
            return try parse(text)
        } catch {
            problems.append(error.problem(of: setting.rawValue, taking: setting.accepts))
            return nil
        }
    }

    /// A database that is not ours, of which only the URL is needed.
    static func postgresURL(_ text: String) throws(SettingFault) -> PostgresURL {
        do throws(PostgresURL.Fault) { return try PostgresURL.parse(text) } catch {
            throw SettingFault(error)
        }
    }

    /// Refuses a remote database URL that does not say whether the connection is encrypted.
    mutating func requireEncryptionChoice(_ url: PostgresURL?, _ setting: Setting) {
        guard let url, url.leavesEncryptionOpen() else { return }
        problems.append("\(setting.rawValue) \(PostgresURL.encryptionIsOpen)")
    }

    /// A host name or an address; an IPv6 address without the brackets of a URL.
    private static func listenAddress(_ text: String) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let host = isBracketed ? String(text.dropFirst().dropLast()) : text
        let url = host.contains(":") ? "http://[\(host)]" : "http://\(host)"
        return WildcardAddress.matches(host) || WebOrigin(of: url)?.description == url.lowercased()
            ? host : nil
    }

    /// A table's name, with or without its schema, which needs no quotes in SQL.
    static func tableName(_ text: String) -> String? {
        text.wholeMatch(of: /([a-z_][a-z0-9_]{0,62}\.)?[a-z_][a-z0-9_]{0,62}/) == nil ? nil : text
    }

    /// A host name or address, optionally with a port, and nothing else.
    static func host(_ text: String) -> String? {
        let url = "https://\(text)"
        return WebOrigin(of: url)?.description == url.lowercased() ? text : nil
    }

    /// The receiver of alerts and the secrets to sign with; `nil` when not configured.
    mutating func alerts() -> AlertConfiguration? {
        let address = optional(.alertWebhookURL) { text in
            text.utf8.count <= 2048 && !text.contains("#") && WebOrigin(of: text)?.isSafeOnTheWay == true
                ? text : nil
        }
        let secrets = list(.alertWebhookSecret, isRequired: false, StandardWebhooksSecret.init)
        let silence = required(.silenceAfter, Self.secondsOrNever(10...2_592_000))
        let drift = required(.balanceDrift) { ExactAmount(dollars: $0).flatMap { $0 >= .zero ? $0 : nil } }
        let given = [Setting.alertWebhookURL, .alertWebhookSecret].filter { values.text($0) != nil }
        if given.count == 1 {
            problems.append(
                "ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET belong together. Set both, or leave both out."
            )
        }
        guard let address, !secrets.isEmpty else { return nil }
        return AlertConfiguration(
            address: address,
            secrets: secrets,
            silenceAfterSeconds: silence ?? 0,
            balanceDrift: drift ?? .zero
        )
    }

    /// The values of a list, split at commas and without spaces.
    func parts(_ setting: Setting) -> Set<String> {
        Set((values.text(setting) ?? "").split(separator: ",").map { $0.filter { $0 != " " && $0 != "\n" } })
    }

    /// The issuer whose bearer tokens are accepted; `nil` when not configured.
    mutating func tokens() -> TokenSettings? {
        let address = optional(.auth0KeysAddress) { text in
            text.utf8.count <= 2048 && WebOrigin(of: text)?.isSafeOnTheWay == true ? text : nil
        }
        let issuer = optional(.auth0Issuer, Self.line)
        let audience = optional(.auth0Audience, Self.line)
        let claim = optional(.auth0CustomerClaim, Self.line)
        let needed: [Setting] = [.auth0KeysAddress, .auth0Issuer, .auth0Audience]
        let absent = needed.filter { values.text($0) == nil }
        if absent.isEmpty {
            guard let address, let issuer, let audience else { return nil }
            return TokenSettings(
                keysAddress: address,
                rules: TokenRules(issuer: issuer, audience: audience, customerClaim: claim)
            )
        }
        if absent.count < needed.count || values.text(.auth0CustomerClaim) != nil {
            problems.append(
                "AUTH0_JWKS_URI, AUTH0_ISSUER and AUTH0_AUDIENCE belong together. Set "
                    + "\(absent.map(\.rawValue).joined(separator: " and ")) as well, or leave all AUTH0_… out."
            )
        }
        return nil
    }

    static func seconds(_ range: ClosedRange<Int64>) -> (String) -> Int64? {
        { text in Int64(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    static func secondsOrNever(_ range: ClosedRange<Int64>) -> (String) -> Int64? {
        { text in text == "0" ? 0 : seconds(range)(text) }
    }

    /// Adds the problem that a required setting is missing, unless another problem explains its absence.
    private mutating func miss(_ setting: Setting) {
        guard !values.unreadable.contains(setting) else { return }
        problems.append("\(setting.rawValue) is required: \(setting.accepts).")
    }

    private static func line(_ text: String) -> String? {
        text.utf8.count <= 2048 && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? text : nil
    }

    /// Parses a value.
    ///
    /// The problem it adds does not quote the value, which may be a secret.
    private mutating func parsed<Value>(
        _ setting: Setting,
        _ text: String,
        _ parse: (String) -> Value?
    ) -> Value? {
        guard let value = parse(text) else {
            // For a list, add one problem only: its position would hint at the other secrets.
            let problem = "\(setting.rawValue) is invalid. It takes \(setting.accepts)."
            if !problems.contains(problem) { problems.append(problem) }
            return nil
        }
        return value
    }
}
