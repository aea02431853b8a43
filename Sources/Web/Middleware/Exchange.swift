import NIOHTTP1

/// One request and its answer.
struct Exchange {
    let isHead: Bool
    let isOld: Bool
    /// The request asks for a tunnel, which this service does not offer; NIO's parser reads nothing after
    /// it.
    let asksForTunnel: Bool
    /// No later request on this connection is accepted.
    var isLast: Bool
    var hasArrived = false
    /// The body's bytes and parts so far.
    var received = (bytes: 0, parts: 0)
    /// The body came in too many small parts, and the rest of it is ignored.
    var isCrumbled = false
    var isBeingAnswered = false
    var bodyParts = 0
    var isAnswered = false

    init(_ head: HTTPRequestHead) {
        isHead = head.method == .HEAD
        isOld = head.version == .http1_0
        let offersUpgrade =
            head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        asksForTunnel = head.method == .CONNECT || offersUpgrade
        isLast = isOld || asksForTunnel || !head.isKeepAlive
    }
}
