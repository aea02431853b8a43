import HTTPTypes
import Hummingbird

/// Whether a request that brings no credential but the cookie was sent by a page of ours.
///
/// A browser adds the cookie to whatever any site has it send. For what changes something we therefore want two things,
/// each of which a foreign site cannot bring about:
///
/// * The browser says that our own page sent it: `Sec-Fetch-Site: same-origin`, or, from a browser too old for that,
///   an `Origin` that is ours. (`Origin` alone will not do in newer ones: under `Referrer-Policy: no-referrer` it is
///   `null` even for our own forms.)
/// * It is written as no foreign form can: as JSON, which a form cannot send and a foreign script only after asking us,
///   which we never allow; or with the form token, which stands in the page for its own session only.
struct SamePageProof {
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
