import PostgresClient
import StripeAPI
import BackgroundJobs

/// All settings, named as their environment variables, with the values that each accepts.
enum Setting: String, CaseIterable, Sendable {
    case host = "HOST"
    case port = "PORT"
    case publicURL = "PUBLIC_URL"
    case databaseURL = "DATABASE_URL"
    case webhookSecret = "STRIPE_WEBHOOK_SECRET"
    case webhookTolerance = "STRIPE_WEBHOOK_TOLERANCE"
    case stripeSecretKey = "STRIPE_SECRET_KEY"
    case stripeAPIBase = "STRIPE_API_BASE"
    case stripeAPIVersion = "STRIPE_API_VERSION"
    case stripeLivemode = "STRIPE_LIVEMODE"
    case apiKeys = "API_KEYS"
    case linkSigningSecret = "LINK_SIGNING_SECRET"
    case auth0KeysAddress = "AUTH0_JWKS_URI"
    case auth0Issuer = "AUTH0_ISSUER"
    case auth0Audience = "AUTH0_AUDIENCE"
    case auth0CustomerClaim = "AUTH0_CUSTOMER_CLAIM"
    case metricsOpen = "METRICS_OPEN"
    case maxBodyBytes = "WEBHOOK_MAX_BODY_BYTES"
    case maxBodyBytesInFlight = "MAX_BODY_BYTES_IN_FLIGHT"
    case rateLimit = "RATE_LIMIT"
    case keyRateLimit = "SERVICE_RATE_LIMIT"
    case receiptLinkTTL = "RECEIPT_LINK_TTL"
    case exportLinkTTL = "EXPORT_LINK_TTL"
    case customerSessionTTL = "CUSTOMER_SESSION_TTL"
    case frameAncestors = "FRAME_ANCESTORS"
    case receiptHosts = "RECEIPT_HOSTS"
    case sellerName = "SELLER_NAME"
    case sellerAddress = "SELLER_ADDRESS"
    case sellerTaxID = "SELLER_TAX_ID"
    case chartJSPath = "CHART_JS_PATH"
    case catchUpAfter = "CATCH_UP_AFTER"
    case reconcileEvery = "RECONCILE_EVERY"
    case reconcileDays = "RECONCILE_DAYS"
    case eventBodyRetentionDays = "EVENT_BODY_RETENTION_DAYS"
    case eventArchive = "EVENT_ARCHIVE"
    case usageIndexerURL = "USAGE_INDEXER_URL"
    case akashNodeURL = "AKASH_NODE_URL"
    case akashChainID = "AKASH_CHAIN_ID"
    case akashUSDCDenoms = "AKASH_USDC_DENOMS"
    case usageSyncInterval = "USAGE_SYNC_INTERVAL"
    case consoleDatabaseURL = "CONSOLE_DATABASE_URL"
    case consoleSyncInterval = "CONSOLE_SYNC_INTERVAL"
    case consoleFormerWallets = "CONSOLE_FORMER_WALLETS"
    case consoleTrialGrant = "CONSOLE_TRIAL_GRANT"
    case alertWebhookURL = "ALERT_WEBHOOK_URL"
    case alertWebhookSecret = "ALERT_WEBHOOK_SECRET"
    case balanceDrift = "BALANCE_DRIFT"
    case silenceAfter = "SILENCE_AFTER"
    case forwardTo = "FORWARD_TO"
    case forwardSecret = "FORWARD_SECRET"
    case logLevel = "LOG_LEVEL"
    case logFormat = "LOG_FORMAT"

    /// The values that the setting accepts, for error messages.
    var accepts: String {
        switch self {
        case .host: "an address or name of this machine to listen on, such as 127.0.0.1, 0.0.0.0 or ::1"
        case .port: "a port from 0 to 65535 (0: any free one)"
        case .publicURL:
            "an http or https URL of a host, perhaps a port and a plain path, such as https://billing.example.com"
        case .databaseURL: "sqlite:PATH or \(PostgresURL.form)"
        case .webhookSecret: "one or several whsec_… secrets, separated by commas"
        case .webhookTolerance: "seconds from 1 to 3600"
        case .stripeSecretKey: "a key of Stripe's, sk_…, rk_… or an organisation's sk_org_…"
        case .stripeAPIBase: "an https URL, or http for a host of this machine"
        case .stripeAPIVersion:
            "a version of Stripe's API from \(LeastVersion.floor.version) on, such as \(StripeAPIVersion.pinned)"
        case .stripeLivemode: "true, false or any"
        case .apiKeys: "entries name:sha256hex:scope+scope, separated by commas (console-billing keys new)"
        case .linkSigningSecret: "one or several secrets of at least 32 bytes, separated by commas"
        case .auth0KeysAddress:
            "an https address such as https://TENANT.auth0.com/.well-known/jwks.json; http for this machine only"
        case .auth0Issuer: "the tokens' iss exactly, such as https://TENANT.auth0.com/ with its slash"
        case .auth0Audience: "the tokens' aud, such as https://console-api.akash.network"
        case .auth0CustomerClaim:
            "the name of a claim that holds cus_…, such as https://akash.network/customer"
        case .metricsOpen: "true or false"
        case .maxBodyBytes: "a number of bytes from 1024 to 67108864"
        case .maxBodyBytesInFlight: "a number of bytes from 65536 to 17179869184"
        case .rateLimit, .keyRateLimit: "units a minute, from 1 to 1000000000"
        case .receiptLinkTTL: "seconds from 1 to 604800"
        case .exportLinkTTL: "seconds from 1 to 34560000, which is 400 days"
        case .customerSessionTTL: "seconds from 1 to 604800"
        case .frameAncestors:
            "origins of sites, such as https://console.akash.network, separated by commas; http for this machine only"
        case .receiptHosts: "host names, separated by commas"
        case .sellerName: "a name of at most 120 characters, for the head of receipts"
        case .sellerAddress:
            "at most 6 lines of at most 120 characters each, separated by | or by line breaks"
        case .sellerTaxID: "a tax or registration number of at most 120 characters"
        case .chartJSPath:
            "the path of Chart.js, such as /usr/share/javascript/chart.js/chart.min.js, or none"
        case .catchUpAfter: "seconds from 1 to 2592000, or 0 for never"
        case .reconcileEvery: "seconds from 600 to 2592000, or 0 for never"
        case .reconcileDays: "a number of days from 1 to 30"
        case .eventBodyRetentionDays:
            "a number of days from \(RetentionRules.minimumDays) to 36500, or 0 for ever; Stripe itself sends and shows "
                + "an event for 30 days, and what is sent again has to meet the first"
        case .eventArchive: "the absolute path of a folder"
        case .usageIndexerURL: "the database of Console's indexer, \(PostgresURL.form)"
        case .akashNodeURL: "the http or https URL of an Akash node's REST API, without query"
        case .akashChainID: "the id of a chain, such as akashnet-2"
        case .akashUSDCDenoms: "names of USDC on the chain, ibc/…, separated by commas"
        case .usageSyncInterval, .consoleSyncInterval: "seconds from 10 to 86400, or 0 for never"
        case .consoleFormerWallets: "the name of a table, with its schema before a dot if it has another"
        case .consoleTrialGrant: "dollars above zero, such as 10.00"
        case .consoleDatabaseURL: "Console's own database, \(PostgresURL.form)"
        case .alertWebhookURL: "an https URL to post alerts to; http for this machine only"
        case .alertWebhookSecret:
            "whsec_ and the base64 of 24 to 64 bytes (echo whsec_$(openssl rand -base64 32)), or several of them, "
                + "separated by commas"
        case .balanceDrift: "dollars, such as 1.00, or 0 for never"
        case .silenceAfter: "seconds from 10 to 2592000, or 0 for never"
        case .forwardTo: "one or several https URLs, separated by commas; http for this machine only"
        case .forwardSecret:
            "a whsec_… secret for each URL of FORWARD_TO, separated by commas, in the same order"
        case .logLevel: "trace, debug, info, notice, warning, error or critical"
        case .logFormat: "json or pretty"
        }
    }

    var defaultValue: String? {
        switch self {
        case .host: "127.0.0.1"
        case .port: "3080"
        case .databaseURL: "sqlite:data/console-billing.sqlite"
        case .webhookTolerance: "300"
        case .stripeAPIBase: "https://api.stripe.com"
        case .metricsOpen: "false"
        case .maxBodyBytes: "1048576"
        case .maxBodyBytesInFlight: "67108864"
        case .rateLimit: "6000"
        case .keyRateLimit: "120000"
        case .receiptLinkTTL: "900"
        case .exportLinkTTL: "2592000"
        case .customerSessionTTL: "3600"
        case .receiptHosts: "pay.stripe.com,invoice.stripe.com"
        case .catchUpAfter: "3600"
        case .reconcileEvery: "86400"
        case .reconcileDays: "3"
        case .eventBodyRetentionDays: "0"
        case .akashChainID: "akashnet-2"
        case .usageSyncInterval, .consoleSyncInterval: "300"
        case .balanceDrift: "1.00"
        case .silenceAfter: "3600"
        case .logLevel: "info"
        case .publicURL, .webhookSecret, .stripeSecretKey, .stripeAPIVersion, .stripeLivemode, .apiKeys,
            .linkSigningSecret, .auth0KeysAddress, .auth0Issuer, .auth0Audience, .auth0CustomerClaim,
            .frameAncestors, .sellerName, .sellerAddress, .sellerTaxID, .chartJSPath, .eventArchive,
            .usageIndexerURL, .consoleDatabaseURL, .consoleFormerWallets, .consoleTrialGrant, .akashNodeURL,
            .akashUSDCDenoms, .alertWebhookURL,
            .alertWebhookSecret,
            .forwardTo, .forwardSecret, .logFormat:
            nil
        }
    }
}
