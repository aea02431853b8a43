package import Logging

/// What is under way, so that whatever is logged or asked for in the course of it can be told to belong to it.
///
/// It goes with the task, through every room, and into the tasks that it begins.
package struct Trail: Sendable {
    package let trace: TraceContext
    /// `req_…`, where it is a request.
    package let requestID: String?

    @TaskLocal package static var current: Trail?

    package init(_ trace: TraceContext, requestID: String? = nil) {
        self.trace = trace
        self.requestID = requestID
    }

    /// What each line of the log has of it.
    package var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "trace_id": "\(trace.traceID)", "traceparent": "\(trace.traceparent)",
        ]
        if let requestID { metadata["request_id"] = "\(requestID)" }
        return metadata
    }

    /// Does a piece of work that nobody asked for as a trace of its own.
    package static func begin<Result, Failure: Error>(
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await follow(Trail(.begun()), work)
    }

    /// Does what belongs to a trail.
    package static func follow<Result, Failure: Error>(
        _ trail: Trail,
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        do {
            return try await $current.withValue(trail, operation: work)
        } catch let error as Failure {
            throw error
        } catch {
            // It throws what the work throws, and nothing else, though its type cannot say so.
            preconditionFailure("the work failed with another error than it can")
        }
    }
}

extension Logger.MetadataProvider {
    /// Says in every line of the log what it belongs to.
    package static let trail = Logger.MetadataProvider { Trail.current?.metadata ?? [:] }
}
