import Billing
import Hummingbird
package import JSON
package import Storage

/// `POST /v1/erasures`: erases a customer's personal data, and keeps the amounts.
struct ErasuresController: Sendable {
    let eraser: CustomerEraser

    private static let maximumBytes = 8192

    func addRoutes(to routes: Routes) {
        routes.post("/v1/erasures", for: .ops, use: erase)
    }

    @Sendable
    private func erase(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        let body = try ErasureBody(try await request.bytes(upTo: Self.maximumBytes, context))
        let report: ErasureReport?
        do throws(ErasureFault) {
            report = try await eraser.erase(body.key, isDryRun: body.isDryRun, now: context.now)
        } catch {
            switch error {
            case .store(let error): throw error
            case .archive:
                throw APIError(.conflict, "archive_unavailable", error.description)
            }
        }
        guard let report else { throw APIError.notFound("customer") }
        context.logger.notice(
            "erasure",
            metadata: [
                "by": "\(context.caller.name)", "dry_run": "\(report.isDryRun)", "events": "\(report.events)",
            ]
        )
        return JSONBody.response(report)
    }
}

/// The result of an erasure, for operators.
extension ErasureReport: JSONObject {
    package func write(to json: inout JSONWriter) {
        // `account` is null, not omitted, for the platform account.
        json.nullable("account", key.account)
        json.member("archives", archives)
        json.member("corrections", corrections)
        json.member("customer", key.customer)
        json.member("dry_run", isDryRun)
        json.member("erased_before", wasErased)
        json.member("events", events)
        json.member("links", links)
        json.member("object", "erasure")
        json.member("tagged", tagged)
        json.member("transactions", transactions)
    }
}
