import Billing
import Foundation
import Logging
import PostgresClient
import StripeAPI
import Upkeep
import UsageSources
import Web
import Webhooks

/// The configuration of a running service, every value checked.
struct ServiceConfiguration: Sendable {
    enum LogFormat: String, Sendable { case json, pretty }

    let host: String
    let port: Int
    let publicURL: String
    let database: DatabaseLocation
    let webhookSecrets: [EndpointSecret]
    let webhookTolerance: Int64
    let stripeKey: StripeSecretKey?
    let stripeAPIBase: StripeAPIBase
    let stripeAPIVersion: StripeAPIVersion
    /// `nil`: both modes are shown.
    let livemode: Bool?
    let apiKeys: [APIKey]
    let linkKeys: [HMACKey]
    let maxBodyBytes: Int
    let receiptLinkTTL: Int64
    let customerSessionTTL: Int64
    let frameAncestors: [WebOrigin]
    /// `nil`: nobody's bearer tokens are taken.
    let tokens: TokenSettings?
    let receiptHosts: ReceiptHosts
    let seller: Seller
    /// Where Chart.js is said to be; `nil` for where Debian's package puts it.
    let chartJSPath: String?
    let habits: UpkeepHabits
    /// `nil`: nobody tells usage but those who post it.
    let usageSync: UsageSyncConfiguration?
    let logLevel: Logger.Level
    /// `nil`: pretty on a terminal, JSON elsewhere.
    let logFormat: LogFormat?

    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    init(_ values: SettingValues) throws(ConfigurationError) {
        var check = Check(values)
        let host = check.required(.host) { $0.isEmpty || $0.contains(" ") ? nil : $0 } ?? ""
        let port = check.required(.port) { Int($0).flatMap { 0...65535 ~= $0 ? $0 : nil } } ?? 0
        self.host = host
        self.port = port
        let shownHost = host.contains(":") ? "[\(host)]" : host
        publicURL = check.optional(.publicURL, Self.baseURL) ?? "http://\(shownHost):\(port)"
        database = check.required(.databaseURL, DatabaseLocation.init) ?? .sqlite(path: "")
        webhookSecrets = check.list(.webhookSecret, isRequired: true) { try? EndpointSecret($0) }
        webhookTolerance = check.required(.webhookTolerance, Self.seconds(1...3600)) ?? 0
        stripeKey = check.optional(.stripeSecretKey, StripeSecretKey.init)
        stripeAPIBase = check.required(.stripeAPIBase) { try? StripeAPIBase($0) } ?? .stripe
        stripeAPIVersion = check.optional(.stripeAPIVersion, StripeAPIVersion.init) ?? .pinned
        livemode =
            check.optional(.stripeLivemode) { text -> Bool?? in
                switch text {
                case "true": true
                case "false": false
                case "any": .some(nil)
                default: nil
                }
            } ?? stripeKey?.livemode
        apiKeys = check.list(.apiKeys, isRequired: false) { try? APIKey(parsing: $0) }
        linkKeys = check.list(.linkSigningSecret, isRequired: true) { secret in
            secret.utf8.count >= 32 ? HMACKey(Array(secret.utf8)) : nil
        }
        maxBodyBytes = Int(check.required(.maxBodyBytes, Self.seconds(1024...(64 << 20))) ?? 0)
        receiptLinkTTL = check.required(.receiptLinkTTL, Self.seconds(1...604_800)) ?? 0
        customerSessionTTL = check.required(.customerSessionTTL, Self.seconds(1...604_800)) ?? 0
        frameAncestors = check.list(.frameAncestors, isRequired: false) { text in
            // An origin and no more: a path would look as if it kept other pages of that site out.
            WebOrigin(of: text).flatMap { origin in
                origin.isSafeOnTheWay && origin.description == text.lowercased() ? origin : nil
            }
        }
        tokens = check.tokens()
        receiptHosts = ReceiptHosts(
            check.list(.receiptHosts, isRequired: true) { $0.contains("/") || $0.contains("*") ? nil : $0 }
        )
        seller = Seller(
            name: check.optional(.sellerName, Self.shownLine),
            address: check.optional(.sellerAddress, Self.shownLines) ?? [],
            taxID: check.optional(.sellerTaxID, Self.shownLine)
        )
        chartJSPath = check.optional(.chartJSPath) {
            $0 == ChartScript.none || ChartScript.read($0) != nil ? $0 : nil
        }
        habits = UpkeepHabits(
            catchUpAfterSeconds: check.required(.catchUpAfter, Self.secondsOrNever(1...2_592_000)) ?? 0,
            reconcileEverySeconds: check.required(.reconcileEvery, Self.secondsOrNever(600...2_592_000)) ?? 0,
            reconciledDays: check.required(.reconcileDays, Self.seconds(1...30)) ?? 1
        )
        usageSync = Self.usageSync(&check)
        logLevel = check.required(.logLevel) { Logger.Level(rawValue: $0.lowercased()) } ?? .info
        logFormat = check.optional(.logFormat) { LogFormat(rawValue: $0.lowercased()) }
        if let mode = stripeKey?.livemode, let livemode, mode != livemode {
            check.problems.append(
                "STRIPE_SECRET_KEY is of \(mode ? "live" : "test") mode, and STRIPE_LIVEMODE says "
                    + "\(livemode). Use the other key, or leave STRIPE_LIVEMODE out."
            )
        }
        if Set(apiKeys.map(\.name)).count < apiKeys.count {
            check.problems.append("API_KEYS names a key twice.")
        }
        guard check.problems.isEmpty else { throw ConfigurationError(check.problems) }
    }

    private static func usageSync(_ check: inout Check) -> UsageSyncConfiguration? {
        let indexer = check.optional(.usageIndexerURL, PostgresURL.init)
        let node = check.optional(.akashNodeURL, NodeURL.init)
        let chainID = check.required(.akashChainID) { ChainName.isValid($0) ? $0 : nil }
        let denominations = check.list(.akashUSDCDenoms, isRequired: false) {
            Denomination($0) == nil ? nil : $0
        }
        let interval = check.required(.usageSyncInterval, secondsOrNever(10...86_400))
        // The indexer knows all that a node does, and more; of both, the same lease could be told twice.
        let place = indexer.map { UsageSyncConfiguration.Place.indexer($0) } ?? node.map { .node($0) }
        return place.map {
            UsageSyncConfiguration(
                place: $0,
                chainID: chainID ?? "",
                usdcNames: Set(denominations),
                intervalSeconds: interval ?? 0
            )
        }
    }

    private static func seconds(_ range: ClosedRange<Int64>) -> (String) -> Int64? {
        { text in Int64(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    private static func secondsOrNever(_ range: ClosedRange<Int64>) -> (String) -> Int64? {
        { text in text == "0" ? 0 : seconds(range)(text) }
    }

    /// A text that stands on a receipt.
    private static func shownLine(_ text: String) -> String? {
        let line = text.trimmingCharacters(in: .whitespaces)
        let isShowable = line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        return 1...120 ~= line.count && isShowable ? line : nil
    }

    private static func shownLines(_ text: String) -> [String]? {
        let parts = text.split { $0 == "|" || $0.isNewline }.filter { !$0.allSatisfy(\.isWhitespace) }
        let lines = parts.compactMap { shownLine(String($0)) }
        return 1...6 ~= parts.count && lines.count == parts.count ? lines : nil
    }

    private static func baseURL(_ text: String) -> String? {
        guard text.hasPrefix("https://") || text.hasPrefix("http://"),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !text.contains("?"), !text.contains("#")
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

/// Reads values one by one and gathers what is wrong with them.
private struct Check {
    let values: SettingValues
    var problems: [String] = []

    init(_ values: SettingValues) { self.values = values }

    mutating func required<Value>(_ setting: Setting, _ parse: (String) -> Value?) -> Value? {
        guard let text = values.text(setting) else {
            problems.append("\(setting.rawValue) is required: \(setting.accepts).")
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
            if isRequired { problems.append("\(setting.rawValue) is required: \(setting.accepts).") }
            return []
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        return parts.compactMap { parsed(setting, $0.filter { $0 != " " && $0 != "\n" }, parse) }
    }

    /// Whose bearer tokens are taken: all that is needed to tell, or nothing.
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

    private static func line(_ text: String) -> String? {
        text.utf8.count <= 2048 && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? text : nil
    }

    /// What was given is not repeated: it may be a secret.
    private mutating func parsed<Value>(
        _ setting: Setting,
        _ text: String,
        _ parse: (String) -> Value?
    ) -> Value? {
        guard let value = parse(text) else {
            problems.append("\(setting.rawValue) cannot be right. It takes \(setting.accepts).")
            return nil
        }
        return value
    }
}
