import Billing
import Testing

/// Addresses on Akash.
///
/// Valid ones were taken from Console's own sources, invalid ones were made by the reference code of
/// <https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>.
@Suite struct AkashAddressTests {
    @Test(arguments: [
        "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63", "akash18andxgtd6r08zzfpcdqg9pdr6smks7gv76tyt6",
        "akash1pas6v0905jgyznpvnjhg7tsthuyqek60gkz7uf", "akash13265twfqejnma6cc93rw5dxk4cldyz2zyy8cdm",
    ])
    func `an address is valid, and no address with one other letter or two exchanged`(address: String) {
        #expect(AkashAddress.canonical(address) == address)
        #expect(AkashAddress.canonical(address.uppercased()) == address)
        let letters = Array(address)
        for place in letters.indices.dropFirst(6) {
            for letter in "qpzry9x8gf2tvdw0s3jn54khce6mua7lbio1" where letter != letters[place] {
                var wrong = letters
                wrong[place] = letter
                #expect(AkashAddress.canonical(String(wrong)) == nil)
            }
            var exchanged = letters
            exchanged.swapAt(place, max(6, place - 1))
            if exchanged != letters { #expect(AkashAddress.canonical(String(exchanged)) == nil) }
        }
    }

    @Test(arguments: [
        "", "akash", "akash1", "akash1qqqqqq", "1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63",
        // Another chain's, and a validator's.
        "cosmos1365yvmc4s7awdyj3n2sav7xfx76adc6d7qjprt",
        "akashvaloper1365yvmc4s7awdyj3n2sav7xfx76adc6dee3q2m",
        // Five bits over, and bits over that are not zero.
        "akash1qcnyaa3", "akash1wner09q03m",
        "Akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63", "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx6",
        " akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63",
        "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63\u{301}",
        "аkash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63", "akash1\u{0}",
        "akash1" + String(repeating: "q", count: 100_000),
    ])
    func `another text is no address`(text: String) {
        #expect(AkashAddress.canonical(text) == nil)
    }
}
