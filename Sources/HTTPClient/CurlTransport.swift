import CCurl

/// HTTP through libcurl: one multi handle, owned by one thread.
///
/// The rules for every request: certificates and host names are verified; TLS is 1.2 or newer; redirects are
/// not followed; only http and https are allowed; the environment is ignored, so that a forgotten
/// `https_proxy` cannot come between us and Stripe.
///
/// It uses HTTP/1.1 although libcurl supports HTTP/2: our few requests gain nothing from multiplexing,
/// cancelling a request closes only its own connection, and the tests cover what runs.
///
/// Call ``shutdown(grace:)`` before releasing it.
package final class CurlTransport: HTTPTransport {
    package struct Configuration: Sendable {
        package var userAgent: String
        /// A PEM file of certificates to trust instead of the system's.
        package var certificateAuthorityFile: String?
        package var maxConcurrent: Int
        package var maxConcurrentPerHost: Int
        /// How many requests may wait for a connection; the next is refused with
        /// ``TransportError/queueFull``.
        package var maxQueued: Int

        package init(
            userAgent: String = "console-billing",
            certificateAuthorityFile: String? = nil,
            maxConcurrent: Int = 32,
            maxConcurrentPerHost: Int = 16,
            maxQueued: Int = 256
        ) {
            precondition(maxConcurrent > 0 && maxConcurrentPerHost > 0 && maxQueued >= 0)
            self.userAgent = userAgent
            self.certificateAuthorityFile = certificateAuthorityFile
            self.maxConcurrent = maxConcurrent
            self.maxConcurrentPerHost = maxConcurrentPerHost
            self.maxQueued = maxQueued
        }
    }

    private let mailbox: CurlMailbox

    package init(_ configuration: Configuration = Configuration()) throws(TransportError) {
        guard Self.globalState == CURLE_OK else { throw .other(code: Int(Self.globalState.rawValue)) }
        mailbox = try CurlMailbox(maxOutstanding: configuration.maxConcurrent + configuration.maxQueued)
        try mailbox.openLoop(configuration)
    }

    deinit {
        // A request in flight keeps its transport alive, so there is nothing to wait for.
        mailbox.close(at: .now)
        mailbox.detachThread()
    }

    package func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
        guard let url = CurlURL(request.url), url.scheme == "https" || url.scheme == "http", !url.hasUserInfo
        else {
            throw .unsendable(.url)
        }
        guard request.headers.allSatisfy(\.isSendable) else { throw .unsendable(.header) }

        let ticket = CurlTicket()
        let deadline = ContinuousClock.now + request.limits.totalTimeout
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let order = CurlOrder(
                    ticket: ticket,
                    request: request,
                    origin: url.origin,
                    deadline: deadline,
                    continuation: continuation
                )
                if let refusal = mailbox.post(order) { continuation.resume(returning: .failure(refusal)) }
            }
        } onCancel: {
            mailbox.cancel(ticket)
        }
        return try result.get()
    }

    /// Refuses new requests, lets running ones finish within `grace`, fails the rest, and joins the thread.
    ///
    /// It may be called more than once; every call returns when the loop has ended.
    package func shutdown(grace: Duration = .zero) async {
        mailbox.close(at: .now + grace)
        await mailbox.loopEnded()
        mailbox.joinThread()
    }

    /// `curl_global_init` must be called once per process, which a lazy static ensures.
    private static let globalState = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}

extension TransportHeader {
    /// Whether the name and the value make exactly one header line, without line breaks.
    fileprivate var isSendable: Bool {
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isToken && !name.isEmpty && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
