import HTTPClient

/// Where Stripe's API is: `https://api.stripe.com`, or something on this machine that stands in for it.
package struct StripeAPIBase: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is not a base; it does not repeat the text.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case notAURL
        /// The secret key is in every request, so it does not leave the machine unencrypted.
        case insecure
        /// User, path, query or fragment: a base is a scheme, a host and perhaps a port.
        case moreThanAnOrigin

        package var description: String {
            switch self {
            case .notAURL: "not a URL"
            case .insecure: "must be https, or http to a loopback address"
            case .moreThanAnOrigin: "must be a scheme, a host and perhaps a port, and nothing more"
            }
        }
    }

    package static let stripe = StripeAPIBase(origin: "https://api.stripe.com:443")

    /// Without a slash at its end.
    let origin: String

    package init(_ text: String) throws(Fault) {
        guard let url = CurlURL(text) else { throw .notAURL }
        guard url.scheme == "https" || (url.scheme == "http" && url.isLoopback) else { throw .insecure }
        guard url.path == "/", !url.hasUserInfo, !url.hasQueryOrFragment else { throw .moreThanAnOrigin }
        origin = url.origin
    }

    private init(origin: String) { self.origin = origin }

    package var description: String { origin }
}
