package import Logging

/// The trace context of the current task, added to log lines and to requests to Stripe.
///
/// It is a task-local value: child tasks inherit it.
package struct TraceScope: Sendable {
    package let trace: TraceContext
    /// The id of the HTTP request, `req_…`; `nil` for background work.
    package let requestID: String?

    @TaskLocal package static var current: TraceScope?

    package init(_ trace: TraceContext, requestID: String? = nil) {
        self.trace = trace
        self.requestID = requestID
    }

    /// The metadata for log lines.
    package var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "trace_id": "\(trace.traceID)", "traceparent": "\(trace.traceparent)",
        ]
        if let requestID { metadata["request_id"] = "\(requestID)" }
        return metadata
    }

    /// Runs background work in a new trace.
    package static func withNewTrace<Result, Failure: Error>(
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await withTrace(TraceScope(.begun()), work)
    }

    /// Runs work in a given trace scope.
    package static func withTrace<Result, Failure: Error>(
        _ scope: TraceScope,
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        do {
            return try await $current.withValue(scope, operation: work)
        } catch let error as Failure {
            throw error
        } catch {
            // `withValue` rethrows only errors of `work`, but its type does not say so.
            preconditionFailure("the work failed with another error than it can")
        }
    }
}

extension Logger.MetadataProvider {
    /// Adds the current trace scope to every log line.
    package static let traceScope = Logger.MetadataProvider { TraceScope.current?.metadata ?? [:] }
}
