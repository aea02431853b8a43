import HTTPTypes
import Hummingbird

/// Whether a page of this service sent a request that has no credential but the cookie.
///
/// A browser adds the cookie to every request that any site makes it send. A request that changes data must
/// therefore meet two conditions, neither of which another site can meet:
///
/// * The browser says that our own page sent the request: `Sec-Fetch-Site: same-origin` or, in a browser
///   without that header, our `Origin`. (`Origin` alone is not enough in newer browsers: under
///   `Referrer-Policy: no-referrer` it is `null` even for our own forms.)
/// * Its format is one that another site's form cannot produce. It is JSON, which a form cannot send, and
///   which another site's script may send only after a preflight request that this service never grants. Or
///   it has the form token, which only the page of the same session contains.
struct CSRFCheck {
    private let changesNothing: Bool
    private let isSameOrigin: Bool
    private let isJSON: Bool

    init(_ request: Request, origin: WebOrigin?) {
        changesNothing = [.get, .head, .options].contains(request.method)
        if let site = request.headers[.secFetchSite] {
            isSameOrigin = site == "same-origin"
        } else if let text = request.headers[.origin], let origin {
            isSameOrigin = WebOrigin(of: text) == origin
        } else {
            isSameOrigin = false
        }
        let type = request.headers[.contentType]?.prefix { $0 != ";" && $0 != " " }
        isJSON = type?.lowercased() == "application/json"
    }

    func isEnough(withFormToken hasFormToken: Bool) -> Bool {
        changesNothing || isSameOrigin && (isJSON || hasFormToken)
    }
}
