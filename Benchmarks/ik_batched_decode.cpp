// Decode speed of several sequences together by ik_llama.cpp's library, as JSON.
//
// Its own llama-batched-bench gives all sequences the same token at each step. They then choose the same experts, and a
// batch reads no more weights than one sequence does, which never happens to users. Here each sequence has its own
// random tokens, as in `guildhall bench` and llama.cpp's llama-batched-bench, or all the same random tokens (`same`).
//
// usage: ik_batched_decode MODEL THREADS PROMPT GENERATE REPETITIONS same|own SEQUENCES...
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <vector>

#include "llama.h"

namespace {

std::mt19937 random_number(1);
bool same_tokens = false;

// One token for each of `sequences` at `position`; logits where asked for.
bool step(llama_context *context, int sequences, int position, bool logits) {
    const int vocabulary = llama_n_vocab(llama_get_model(context));
    llama_batch batch = llama_batch_init(sequences, 0, 1);
    batch.n_tokens = sequences;
    for (int i = 0; i < sequences; i++) {
        batch.token[i] = i && same_tokens ? batch.token[0] : static_cast<int>(random_number() % vocabulary);
        batch.pos[i] = position;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = i;
        batch.logits[i] = logits;
    }
    const bool ok = llama_decode(context, batch) == 0;
    llama_synchronize(context);
    llama_batch_free(batch);
    return ok;
}

// Tokens a second of all sequences; 0 if the library refused.
double decode(llama_context *context, int sequences, int prompt, int generate) {
    llama_kv_cache_clear(context);
    for (int i = 0; i < prompt; i++)
        if (!step(context, sequences, i, false)) return 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < generate; i++)
        if (!step(context, sequences, prompt + i, true)) return 0;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return sequences * generate / seconds.count();
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 8) return std::fputs("usage: ik_batched_decode MODEL THREADS PROMPT GENERATE REPETITIONS same|own SEQUENCES...\n", stderr), 2;
    const int threads = std::atoi(arguments[2]), prompt = std::atoi(arguments[3]), generate = std::atoi(arguments[4]);
    std::vector<int> lists;
    int most = 1;
    same_tokens = std::string_view(arguments[6]) == "same";
    for (int i = 7; i < count; i++) {
        lists.push_back(std::atoi(arguments[i]));
        if (lists.back() > most) most = lists.back();
    }
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_backend_init();
    llama_model_params model_parameters = llama_model_default_params();
    // Repacking at load and huge pages: the fastest of its settings on a CPU.
    model_parameters.repack_tensors = true;
    model_parameters.use_thp = true;
    model_parameters.use_mmap = false;
    llama_model *model = llama_model_load_from_file(arguments[1], model_parameters);
    if (!model) return std::fprintf(stderr, "cannot load %s\n", arguments[1]), 1;
    llama_context_params parameters = llama_context_default_params();
    parameters.n_ctx = static_cast<uint32_t>(most * (prompt + generate + 16));
    parameters.n_batch = parameters.n_ubatch = 512;
    parameters.n_seq_max = static_cast<uint32_t>(most);
    parameters.n_threads = parameters.n_threads_batch = static_cast<uint32_t>(threads);
    parameters.flash_attn = true;
    parameters.fused_moe_up_gate = true;
    llama_context *context = llama_init_from_model(model, parameters);
    if (!context) return std::fputs("cannot make a context\n", stderr), 1;
    decode(context, 1, 1, 4);
    std::printf("[");
    for (size_t i = 0; i < lists.size(); i++) {
        std::printf("%s{\"sequences\": %d, \"tokens_per_second\": [", i ? ", " : "", lists[i]);
        for (int n = 0; n < std::atoi(arguments[5]); n++)
            std::printf("%s%.3f", n ? ", " : "", decode(context, lists[i], prompt, generate));
        std::printf("]}");
    }
    std::puts("]");
    llama_free(context);
    llama_free_model(model);
}
