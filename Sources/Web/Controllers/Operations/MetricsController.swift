import Hummingbird
import NIOCore
import PrometheusMetrics

/// `GET /metrics`: metrics for Prometheus, with a key of scope `metrics:read`.
struct MetricsController: Sendable {
    let sources: [any MetricSource]
    let authenticator: Authenticator
    /// Whether direct loopback peers need no key (`METRICS_OPEN`).
    let isOpenToLoopback: Bool

    func addRoutes(to routes: Routes) {
        routes.get("/metrics", cost: .free, use: metrics)
    }

    @Sendable
    private func metrics(_ request: Request, _ context: AppContext) async throws -> Response {
        let peer = context.channel.remoteAddress?.ipAddress
        if !isOpenToLoopback || !DirectRequest.isFromThisMachine(request.head, peer: peer) {
            _ = try await authenticator.caller(of: request, needing: .metricsRead, context)
        }
        var text = ""
        for source in sources { text += try await source.families().map(\.text).joined() }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store",
            ],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}
