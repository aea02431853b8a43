package import Billing
package import Hummingbird
import NIOCore

/// What accompanies a request on its way.
package struct AppContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// `req_…`, in the answer's `Request-Id`, in its error and in the log.
    package var requestID = ""
    /// When the request was taken up, by the clock the application was built with.
    package var now = Instant(unixSeconds: 0)
    /// The secrets that were in force when the request was taken up.
    package var secrets = SecretsInForce.nobodys
    /// What request bodies share while they arrive: nothing until the request is taken up.
    var bodies = BodyBudget.none
    /// What the request may cost; `nil` for one that is not taken up yet.
    var allowance: RequestAllowance?
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

extension AppContext {
    /// The id in the path, which the router leaves as it was encoded.
    ///
    /// What cannot be decoded is nobody's id, and is found missing like any other.
    func pathID() throws -> String {
        let segment = try parameters.require("id")
        return PathSegment.decoded(segment) ?? segment
    }
}
