// Lets programs in other languages call our signer and verifier:
//   SignaturePeer          answers each line of JSON on standard input with one line
//   SignaturePeer --bench  prints the cost of a verification

if CommandLine.arguments.contains("--bench") {
    Benchmark.run()
} else {
    while let line = readLine() {
        print(Question.answer(to: line))
    }
}
