import Billing
import Hummingbird
import Logging
import Storage
import Traces

/// The outermost middleware: sets the request id and the trace, converts errors to API errors, and logs one
/// line.
///
/// The line has the route and never the query, because a signed link's query contains its signature.
struct RequestMiddleware: RouterMiddleware {
    let clock: @Sendable () -> Instant
    let secrets: SecretStore
    /// Returns 64 random bits, for the ids of traces and spans.
    var random: @Sendable () -> UInt64 = { TraceContext.system() }
    let limits: RequestLimits
    let instruments: WebInstruments

    func handle(
        _ request: Request,
        context: AppContext,
        next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = RequestID.make()
        context.now = clock()
        context.secrets = secrets.active
        let address = NetworkAddress(of: request, peer: context.channel.remoteAddress)
        context.bodies = BodyShare(budget: limits.bodies, address: address)
        let allowance = RequestAllowance(
            limits,
            from: address,
            now: context.now
        )
        context.allowance = allowance
        defer { allowance.end() }
        let trace = TraceContext.continuing(
            request.headers[values: .traceParent],
            request.headers[values: .traceState],
            random
        )
        let scope = TraceScope(trace, requestID: context.requestID)
        let prepared = context
        return try await TraceScope.withTrace(scope) { () async throws(any Error) in
            try await answer(request, prepared, next)
        }
    }

    private func answer(
        _ request: Request,
        _ context: AppContext,
        _ next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now

        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let answer = apiError(for: error)
            if answer.status.code >= 500 {
                var metadata: Logger.Metadata = ["error": "\(Self.safeDescription(error))"]
                if answer == .noRoom {
                    metadata.merge(context.bodies.metadata(announced: request.headers[.contentLength])) { $1 }
                }
                context.logger.error("\(answer.code)", metadata: metadata)
            }
            if [.unauthorized, .forbidden].contains(answer.status) {
                instruments.refusedCredentials(answer.code)
            }
            response = answer.response(requestID: context.requestID)
        }
        response.headers[.requestID] = context.requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        let duration = started.duration(to: .now)
        var metadata: Logger.Metadata = [
            "milliseconds": "\(duration / .milliseconds(1))", "caller": "\(context.loggedCaller)",
        ]
        if let allowance = context.allowance {
            response.headers.append(contentsOf: allowance.fields)
            if let refusal = allowance.refusal {
                instruments.limited(refusal)
                metadata["reason"] = "\(refusal)"
            }
        }
        instruments.answered(
            request.method.rawValue,
            route: context.endpointPath ?? "unrouted",
            status: response.status.code
        )
        context.logger.info(
            "\(request.method.rawValue) \(context.endpointPath ?? "unrouted") \(response.status.code)",
            metadata: metadata
        )
        return response
    }

    private func apiError(for error: any Error) -> APIError {
        switch error {
        case let error as APIError:
            return error
        case let error as UsageRefusal:
            return APIError(error)
        case is StoreError:
            return .storeUnavailable
        case let error as HTTPError where error.status == .contentTooLarge:
            return .init(
                .contentTooLarge,
                "body_too_large",
                "The request body is larger than this service accepts.",
                headers: [.connection: "close"]
            )
        case let error as HTTPError where error.status.code < 500:
            return .init(error.status, "request_invalid", "The request cannot be read.")
        default:
            return .init(.internalServerError, "internal_error", "Something went wrong on our side.")
        }
    }

    /// A description that is safe to log: our own errors contain no values, and of other errors only the type
    /// is logged.
    private static func safeDescription(_ error: any Error) -> String {
        switch error {
        case let error as StoreError: "\(error)"
        case let error as APIError: error.code
        default: "\(type(of: error))"
        }
    }
}
