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
    /// The client sends the body only after `100 Continue`.
    var awaitsContinue: Bool
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
        awaitsContinue = !isOld && head.headers.first(name: "expect")?.lowercased() == "100-continue"
        isLast = isOld || asksForTunnel || !head.isKeepAlive
    }

    /// Begins the answer, and adapts its head to whether the connection closes after it.
    mutating func begin(_ head: HTTPResponseHead) -> HTTPResponseHead {
        var head = head
        isBeingAnswered = true
        let saysClose = head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
        let isUnmeasuredHead = isHead && !head.headers.contains(name: "content-length")
        if isOld || isUnmeasuredHead {
            // Without this the encoder writes chunks, which HTTP/1.0 cannot read and an answer to HEAD must
            // not have.
            head.version = .http1_0
            isLast = true
        }
        // Without `100 Continue` it is unknown whether the body follows or another request.
        if saysClose || awaitsContinue { isLast = true }
        awaitsContinue = false
        if isLast { head.headers.replaceOrAdd(name: "connection", value: "close") }
        return head
    }
}
