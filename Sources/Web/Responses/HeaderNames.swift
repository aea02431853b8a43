import HTTPTypes

// Each name is a literal of valid characters, so that making it cannot fail.
// swift-format-ignore: NeverForceUnwrap
extension HTTPField.Name {
    static let apiKey = Self("x-api-key")!
    static let crossOriginResourcePolicy = Self("Cross-Origin-Resource-Policy")!
    static let forwardedFor = Self("X-Forwarded-For")!
    static let frameOptions = Self("X-Frame-Options")!
    static let rateLimit = Self("RateLimit")!
    static let rateLimitPolicy = Self("RateLimit-Policy")!
    static let referrerPolicy = Self("Referrer-Policy")!
    /// The organization of Console's that a caller asks for.
    static let organizationID = Self("x-organization-id")!
    static let requestID = Self("Request-Id")!
    /// How the page that sent a request stands to us, as the browser says.
    static let secFetchSite = Self("Sec-Fetch-Site")!
    static let stripeSignature = Self("Stripe-Signature")!
    static let traceParent = Self("traceparent")!
    static let traceState = Self("tracestate")!
    /// The user that Console asks for, beside a service key.
    static let userID = Self("X-User-Id")!
}
