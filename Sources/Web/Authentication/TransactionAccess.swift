import Billing
import Hummingbird
import Storage

/// Access to one transaction by its id: for a caller with credentials, or for the holder of a signed link.
struct TransactionAccess: Sendable {
    let feed: any TransactionFeed
    let authenticator: Authenticator

    /// The payment of the transaction whose id is in the path, and what `parameters` read of the query: 403
    /// for a link that is not valid for this purpose, even with valid credentials, unless it has only expired
    /// and its customer is signed in; 404 for a transaction that the caller may not see.
    func payment<Parameters>(
        _ request: Request,
        _ context: AppContext,
        for purpose: TransactionLink.Purpose,
        parameters: (inout QueryReader) throws -> Parameters
    ) async throws -> (PaymentDetail, Parameters) {
        let id = try context.pathID()
        var query = try QueryReader(request)
        let (expires, signature) = (query.text("expires"), query.text("signature"))
        let read = try parameters(&query)
        try query.finish()

        let accessScope: AccessScope
        if expires != nil || signature != nil {
            try request.refuseIdentities()
            context.loggedCaller.set("link")
            // The signature covers the row's customer, so the row must be read first.
            let owner = try await feed.transaction(id: id, within: .anyCustomer)?.owner
            let link = TransactionLink(transaction: id, owner: owner, purpose: purpose)
            do throws(APIError) {
                try check(link, expires: expires ?? "", signature: signature ?? "", request, context)
            } catch {
                try context.allowance?.chargeAddress()
                throw error
            }
            // A good link is charged to its customer: strangers at the same address must not use up its budget.
            try await context.allowance?.admit(owner: owner)
            accessScope = owner.map { .customers([$0]) } ?? .anyCustomer
        } else {
            accessScope = try await authenticator.caller(of: request, needing: .feedRead, context).accessScope
        }
        guard let detail = try await feed.payment(ofTransaction: id, within: accessScope) else {
            throw APIError.notFound("transaction")
        }
        return (detail, read)
    }

    private func check(
        _ link: TransactionLink,
        expires: String,
        signature: String,
        _ request: Request,
        _ context: AppContext
    ) throws(APIError) {
        let links = context.secrets.links
        let words = link.purpose.words
        switch links.verdict(on: link, expires: expires, signature: signature, now: context.now) {
        case .good: return
        // The customer is signed in, and the page that has the link was merely open for long.
        case .expired where authenticator.isSignedIn(link.owner, request, context): return
        case .expired:
            throw APIError(
                .forbidden,
                "link_expired",
                "This link has expired. Go back to the list of transactions and open \(words) from there."
            )
        case .forged:
            throw APIError(
                .forbidden,
                "link_invalid",
                "This link is not one of ours, or was altered. Open \(words) from the list of transactions."
            )
        }
    }
}

extension TransactionLink.Purpose {
    fileprivate var words: String {
        switch self {
        case .receipt: "the receipt"
        case .nextAction: "the payment"
        }
    }
}
