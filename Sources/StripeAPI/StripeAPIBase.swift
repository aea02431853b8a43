import HTTPClient

/// The base URL of Stripe's API: `https://api.stripe.com`, or a stand-in on this machine.
package struct StripeAPIBase: Sendable, Equatable, CustomStringConvertible {
    /// Why a text is not a valid base; the message does not repeat the text.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case notAURL
        /// Every request carries the secret key, so it must not leave the machine unencrypted.
        case insecure
        /// It has a user, path, query or fragment; a base is a scheme, a host and optionally a port.
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

    /// The base without a trailing slash.
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
