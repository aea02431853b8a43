import Billing
import Hummingbird
import Storage

/// `POST /v1/erasures`: erases a customer's personal data, and keeps the amounts.
struct ErasuresController: Sendable {
    let eraser: CustomerEraser
    let authenticator: Authenticator

    private static let maximumBytes = 8192

    func addRoutes(to routes: Routes) {
        routes.post("/v1/erasures", use: erase)
    }

    @Sendable
    private func erase(_ request: Request, _ context: AppContext) async throws -> Response {
        let caller = try await authenticator.caller(of: request, needing: .ops, context)
        try QueryReader(request).finish()
        let wish = try ErasureBody(try await request.bytes(upTo: Self.maximumBytes, context.bodies))
        let report: ErasureReport?
        do throws(ErasureFault) {
            report = try await eraser.erase(wish.key, isDryRun: wish.isDryRun, now: context.now)
        } catch {
            switch error {
            case .store(let error): throw error
            case .archive:
                throw APIError(
                    .conflict,
                    .invalidRequest,
                    code: "archive_unavailable",
                    error.description
                )
            }
        }
        guard let report else { throw APIError.noSuch("customer") }
        context.logger.notice(
            "erasure",
            metadata: ["by": "\(caller.name)", "dry_run": "\(report.isDryRun)", "events": "\(report.events)"]
        )
        return JSONBody.response(ErasureResponse(report))
    }
}

/// The result of an erasure, for operators.
struct ErasureResponse: Encodable {
    let object = "erasure"
    let customer: String
    let account: String?
    let dry_run: Bool
    /// Whether the customer had been erased before.
    let erased_before: Bool
    let events: Int
    let transactions: Int
    let credits: Int
    let links: Int
    let archives: [String]

    init(_ report: ErasureReport) {
        customer = report.key.customer
        account = report.key.account
        dry_run = report.isDryRun
        erased_before = report.wasErased
        events = report.events
        transactions = report.transactions
        credits = report.credits
        links = report.links
        archives = report.archives
    }

    private enum CodingKeys: String, CodingKey {
        case object, customer, account, dry_run, erased_before, events, transactions, credits, links, archives
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(object, forKey: .object)
        try container.encode(customer, forKey: .customer)
        // `account` is null, not omitted, for the platform account.
        try container.encode(account, forKey: .account)
        try container.encode(dry_run, forKey: .dry_run)
        try container.encode(erased_before, forKey: .erased_before)
        try container.encode(events, forKey: .events)
        try container.encode(transactions, forKey: .transactions)
        try container.encode(credits, forKey: .credits)
        try container.encode(links, forKey: .links)
        try container.encode(archives, forKey: .archives)
    }
}
