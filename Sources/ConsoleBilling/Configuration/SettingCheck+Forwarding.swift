import BackgroundJobs
import Web

extension SettingCheck {
    /// The receivers to which Stripe's events are passed on (`FORWARD_TO`).
    mutating func forwarding() -> [ForwardTarget] {
        let addresses = list(.forwardTo, isRequired: false) { text in
            text.utf8.count <= 2048 && !text.contains("#") && WebOrigin(of: text)?.isSafeOnTheWay == true
                ? text : nil
        }
        let secrets = list(.forwardSecret, isRequired: false, SecretsConfiguration.endpointSecret)
        let (urls, given) = (count(.forwardTo), count(.forwardSecret))
        if urls != given {
            problems.append(
                "FORWARD_TO has \(urls) URLs and FORWARD_SECRET \(given) secrets. Give each URL its secret, in the same "
                    + "order."
            )
        } else if Set(addresses).count < addresses.count {
            problems.append("FORWARD_TO names a URL twice.")
        }
        return zip(addresses, secrets).map { address, secret in
            ForwardTarget(address: address, host: WebOrigin(of: address)?.host ?? "", secret: secret)
        }
    }

    private func count(_ setting: Setting) -> Int {
        values.text(setting)?.split(separator: ",", omittingEmptySubsequences: false).count ?? 0
    }
}
