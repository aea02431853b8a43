import PostgresClient

/// The part of a setting's value that is wrong.
///
/// It never quotes the value, which may hold a password.
struct SettingFault: Error {
    let sentence: String

    init(sentence: String) { self.sentence = sentence }

    func problem(of name: String, taking accepted: String) -> String {
        "\(name) is invalid: \(sentence). It takes \(accepted)."
    }

    init(_ fault: PostgresURL.Fault) { sentence = "it \(fault.rawValue)" }
}
