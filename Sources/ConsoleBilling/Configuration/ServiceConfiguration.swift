import Billing
import Foundation
import Logging
import PostgresClient
import StripeAPI
import BackgroundJobs
import UsageSources
import Web

/// The checked configuration of the service.
struct ServiceConfiguration: Sendable {
    enum LogFormat: String, Sendable { case json, pretty }

    let host: String
    let port: Int
    let publicURL: String
    let database: DatabaseLocation
    let secrets: SecretsConfiguration
    let webhookTolerance: Int64
    let stripeKey: StripeSecretKey?
    let stripeAPIBase: StripeAPIBase
    let stripeAPIVersion: StripeAPIVersion
    /// `nil`: events of both modes are projected.
    let livemode: Bool?
    /// Whether loopback clients that connect directly may read `/metrics` without a key.
    let metricsOpen: Bool
    let maxBodyBytes: Int
    let maxBodyBytesInFlight: Int
    /// `nil` for the built-in limits, which are far above what Console and a customer ask for.
    let rateLimit: Int64
    let keyRateLimit: Int64
    let receiptLinkTTL: Int64
    let exportLinkTTL: Int64
    let customerSessionTTL: Int64
    let frameAncestors: [WebOrigin]
    /// `nil`: bearer tokens are refused.
    let tokens: TokenSettings?
    let receiptHosts: ReceiptHosts
    let merchant: Merchant
    /// The path of Chart.js; `nil` for the paths of Debian's package.
    let chartJSPath: String?
    let schedule: JobSchedule
    /// `nil`: event bodies are never deleted.
    let retention: RetentionRules?
    /// `nil`: deleted event bodies are not archived.
    let archive: EventArchive?
    /// `nil`: usage is only posted or imported, not synced.
    let usageSync: UsageSyncConfiguration?
    let consoleImport: ConsoleImportConfiguration?
    /// `nil`: no alerts are sent.
    let alerts: AlertConfiguration?
    let forwarding: [ForwardTarget]
    let logLevel: Logger.Level
    /// `nil`: pretty on a terminal, JSON elsewhere.
    let logFormat: LogFormat?

    /// - Throws: ``ConfigurationError`` with all problems.
    init(_ values: SettingValues) throws(ConfigurationError) {
        var check = SettingCheck(values)
        (host, port, publicURL) = check.place()
        database = check.explained(.databaseURL, DatabaseLocation.parse) ?? .sqlite(path: "")
        check.requireEncryptionChoice(database.postgres, .databaseURL)
        secrets = SecretsConfiguration(&check)
        webhookTolerance = check.required(.webhookTolerance, SettingCheck.seconds(1...3600)) ?? 0
        stripeKey = check.optional(.stripeSecretKey) { text in
            // A publishable key or a webhook secret, pasted into the wrong setting: https://docs.stripe.com/keys
            ["sk_", "rk_"].contains { text.hasPrefix($0) } ? StripeSecretKey(text) : nil
        }
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
        metricsOpen = check.required(.metricsOpen, Bool.init) ?? false
        maxBodyBytes = Int(check.required(.maxBodyBytes, SettingCheck.seconds(1024...(64 << 20))) ?? 0)
        maxBodyBytesInFlight = Int(
            check.required(.maxBodyBytesInFlight, SettingCheck.seconds(65_536...(16 << 30))) ?? 0
        )
        let rates: ClosedRange<Int64> = 1...1_000_000_000
        rateLimit = check.required(.rateLimit, SettingCheck.seconds(rates)) ?? 0
        keyRateLimit = check.required(.keyRateLimit, SettingCheck.seconds(rates)) ?? 0
        receiptLinkTTL = check.required(.receiptLinkTTL, SettingCheck.seconds(1...604_800)) ?? 0
        exportLinkTTL = check.required(.exportLinkTTL, SettingCheck.seconds(1...34_560_000)) ?? 0
        customerSessionTTL = check.required(.customerSessionTTL, SettingCheck.seconds(1...604_800)) ?? 0
        frameAncestors = check.list(.frameAncestors, isRequired: false) { text in
            // Only an origin is accepted: a path would suggest that other pages of that site cannot embed the
            // page.
            WebOrigin(of: text).flatMap { origin in
                origin.isSafeOnTheWay && origin.description == text.lowercased() ? origin : nil
            }
        }
        tokens = check.tokens()
        receiptHosts = ReceiptHosts(
            check.list(.receiptHosts, isRequired: true, SettingCheck.host)
        )
        merchant = Merchant(
            name: check.optional(.sellerName, Self.shownLine),
            address: check.optional(.sellerAddress, Self.shownLines) ?? [],
            taxID: check.optional(.sellerTaxID, Self.shownLine)
        )
        chartJSPath = check.optional(.chartJSPath) {
            $0 == ChartScript.none || ChartScript.read($0) != nil ? $0 : nil
        }
        schedule = JobSchedule(
            catchUpAfterSeconds: check.required(.catchUpAfter, SettingCheck.secondsOrNever(1...2_592_000))
                ?? 0,
            reconcileEverySeconds: check.required(
                .reconcileEvery,
                SettingCheck.secondsOrNever(600...2_592_000)
            ) ?? 0,
            reconciledDays: check.required(.reconcileDays, SettingCheck.seconds(1...30)) ?? 1
        )
        archive = check.optional(.eventArchive) { text in
            // An absolute path does not depend on the working directory.
            text.hasPrefix("/") && text.utf8.count <= 4000 ? EventArchive(folder: text) : nil
        }
        let days = check.required(
            .eventBodyRetentionDays,
            SettingCheck.secondsOrNever(RetentionRules.minimumDays...36_500)
        )
        retention = days.flatMap { [archive] in $0 > 0 ? RetentionRules(days: $0, archive: archive) : nil }
        usageSync = Self.usageSync(&check)
        consoleImport = Self.consoleImport(&check)
        alerts = check.alerts()
        forwarding = check.forwarding()
        logLevel = check.required(.logLevel) { Logger.Level(rawValue: $0.lowercased()) } ?? .info
        logFormat = check.optional(.logFormat) { LogFormat(rawValue: $0.lowercased()) }
        if maxBodyBytesInFlight / 8 * 3 < maxBodyBytes {
            check.problems.append(
                "MAX_BODY_BYTES_IN_FLIGHT leaves no room for a delivery of WEBHOOK_MAX_BODY_BYTES: three eighths of it "
                    + "are for the large bodies of one address. Set it to \((maxBodyBytes + 2) / 3 * 8) or more."
            )
        }
        if let mode = stripeKey?.livemode, let livemode, mode != livemode {
            check.problems.append(
                "STRIPE_SECRET_KEY is of \(mode ? "live" : "test") mode, and STRIPE_LIVEMODE says "
                    + "\(livemode). Use the other key, or leave STRIPE_LIVEMODE out."
            )
        }
        let floor = LeastVersion.floor
        if stripeAPIVersion.isOlder(than: floor.version) {
            check.problems.append(
                "STRIPE_API_VERSION is \(stripeAPIVersion), and the least is \(floor.version): \(floor.call) needs it. "
                    + "Set that version or a newer one, or leave STRIPE_API_VERSION out for \(StripeAPIVersion.pinned)."
            )
        }
        guard check.problems.isEmpty else { throw ConfigurationError(check.problems) }
    }

    /// The rules for signing webhooks, links and sessions, apart from the secrets.
    var signingRules: SigningRules {
        SigningRules(
            toleranceSeconds: webhookTolerance,
            publicURL: publicURL,
            receiptLinkSeconds: receiptLinkTTL,
            exportLinkSeconds: exportLinkTTL,
            sessionSeconds: customerSessionTTL
        )
    }

    private static func usageSync(_ check: inout SettingCheck) -> UsageSyncConfiguration? {
        let indexer = check.explained(.usageIndexerURL, SettingCheck.postgresURL)
        check.requireEncryptionChoice(indexer, .usageIndexerURL)
        let node = check.optional(.akashNodeURL, NodeURL.init)
        let chainID = check.required(.akashChainID) { ChainName.isValid($0) ? $0 : nil }
        let denominations = check.list(.akashUSDCDenoms, isRequired: false) {
            Denomination($0) == nil ? nil : $0
        }
        let interval = check.required(.usageSyncInterval, SettingCheck.secondsOrNever(10...86_400))
        // The indexer has all data of a node and more. Only one source is used: with both, a lease could be
        // counted twice.
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

    private static func consoleImport(_ check: inout SettingCheck) -> ConsoleImportConfiguration? {
        let url = check.explained(.consoleDatabaseURL, SettingCheck.postgresURL)
        check.requireEncryptionChoice(url, .consoleDatabaseURL)
        let interval = check.required(.consoleSyncInterval, SettingCheck.secondsOrNever(10...86_400))
        let formerWallets = check.optional(.consoleFormerWallets, SettingCheck.tableName)
        let trialGrant = check.optional(.consoleTrialGrant) { text in
            ExactAmount(dollars: text).map { $0.rounded(to: .usd) }.flatMap { $0.minorUnits > 0 ? $0 : nil }
        }
        return url.map {
            ConsoleImportConfiguration(
                url: $0,
                formerWallets: formerWallets,
                trialGrant: trialGrant,
                intervalSeconds: interval ?? 0
            )
        }
    }

    /// Validates one line of text for a receipt: 1 to 120 characters, no control characters.
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
}
