import Billing
import Hummingbird
import Storage

/// Who may open one transaction by a link: a caller with credentials, or anybody with a signed link.
struct TransactionAccess: Sendable {
    let feed: any TransactionFeed
    let authenticator: Authenticator

    /// The payment behind the id in the path.
    ///
    /// - Parameters:
    ///   - request: A request without credentials has to be signed.
    ///   - context: Its time, and the secrets that it began with.
    ///   - purpose: What a signed link must have been made for.
    ///   - parameters: Reads what the route takes besides the signature.
    /// - Returns: The payment, and what `parameters` read.
    /// - Throws: ``APIError``: 403 for a bad link, also beside good credentials; 404 for what is not the caller's.
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

        let reach: Reach
        if expires != nil || signature != nil {
            try request.refuseIdentities()
            try await context.allowance?.admitStranger()
            // A link is good for the row of one customer, so the row says what has to be signed.
            let owner = try await feed.transaction(id: id, within: .anyCustomer)?.owner
            let link = TransactionLink(transaction: id, owner: owner, for: purpose)
            try check(link, expires: expires ?? "", signature: signature ?? "", context)
            reach = owner.map { .customers([$0]) } ?? .anyCustomer
        } else {
            reach = try await authenticator.caller(of: request, needing: .feedRead, context).reach
        }
        guard let detail = try await feed.payment(ofTransaction: id, within: reach) else {
            throw APIError.noSuch("transaction")
        }
        return (detail, read)
    }

    private func check(
        _ link: TransactionLink,
        expires: String,
        signature: String,
        _ context: AppContext
    ) throws(APIError) {
        let links = context.secrets.links
        let words = link.purpose.words
        switch links.verdict(on: link, expires: expires, signature: signature, now: context.now) {
        case .good: return
        case .expired:
            throw APIError(
                .forbidden,
                .permission,
                code: "link_expired",
                "This link has expired. Go back to the list of transactions and open \(words) from there."
            )
        case .forged:
            throw APIError(
                .forbidden,
                .permission,
                code: "link_invalid",
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
