/// Asks whether a session may replace another customer's session in this browser.
struct ReplacementPage {
    let frame: PageFrame
    let currentCustomer: String
    let newCustomer: String
    /// The link token of the new session.
    let token: String
    let formToken: String

    init(_ replacement: SessionReplacement, frame: PageFrame) {
        self.frame = frame
        currentCustomer = replacement.current.customer.label
        newCustomer = replacement.new.customer.label
        token = replacement.token
        formToken = replacement.formToken
    }

    var html: String { Templates.render(self, "replacement") }
}
