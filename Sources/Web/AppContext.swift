import Billing
import Hummingbird
import NIOCore

/// The context of one request.
struct AppContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The request's id (`req_…`): sent in the `Request-Id` header and in errors, and logged.
    var requestID = ""
    /// The time at which the middleware received the request, by the application's clock.
    var now = Instant(unixSeconds: 0)
    /// The secrets that were active when the middleware received the request.
    var secrets = ActiveSecrets.none
    /// The memory budget that all request bodies share; no memory until the middleware sets it.
    var bodies = BodyShare.none
    /// Charges the request to its caller; `nil` until the middleware sets it.
    var allowance: RequestAllowance?
    /// The caller, on a route that needs a scope; without access on others.
    var caller = Caller.none
    /// The kind of the caller, once that is known.
    let loggedCaller = LoggedCaller()
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

extension AppContext {
    /// The id in the path, decoded; the router leaves it percent-encoded.
    ///
    /// A segment that cannot be decoded is returned unchanged: no object has it as its id.
    func pathID() throws -> String {
        let segment = try parameters.require("id")
        return PercentEncoding.decoded(segment) ?? segment
    }
}
