import HTTPTypes

// All names are literals of valid characters, so the initializer cannot fail.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    static let apiKey = Self("x-api-key")!
    static let crossOriginResourcePolicy = Self("Cross-Origin-Resource-Policy")!
    static let forwardedFor = Self("X-Forwarded-For")!
    static let frameOptions = Self("X-Frame-Options")!
    static let rateLimit = Self("RateLimit")!
    static let rateLimitPolicy = Self("RateLimit-Policy")!
    static let referrerPolicy = Self("Referrer-Policy")!
    /// The organization of Console that a caller acts for.
    static let organizationID = Self("x-organization-id")!
    static let requestID = Self("Request-Id")!
    /// The relation between this site and the one that sent the request, as the browser reports it.
    static let secFetchDest = Self("Sec-Fetch-Dest")!
    static let secFetchSite = Self("Sec-Fetch-Site")!
    static let stripeSignature = Self("Stripe-Signature")!
    static let traceParent = Self("traceparent")!
    static let traceState = Self("tracestate")!
    /// The user of Console that a service key acts for.
    static let userID = Self("X-User-Id")!
}
