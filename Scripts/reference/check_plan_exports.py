#!/usr/bin/env python3
"""Loads exported plans with the readers of the engines they are for, and compares what they understood with the plan.

SGLang and vLLM-Ascend: their own modules, out of the wheels that PyPI has (fetched unless named), with stand-ins for what
these import and a machine without accelerators lacks. TensorRT-LLM: PyPI has no source, so the class that reads the YAML
is taken from a copy of tensorrt_llm/llmapi/llm_args.py if one is named; the documented fields are checked either way.

usage: check_plan_exports.py --guildhall PROGRAM --plan PLAN.json [--layers N]
Needs torch, numpy, pyyaml and pydantic.
"""
import argparse
import ast
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import types
import zipfile

import torch
import yaml

SGLANG = "sglang==0.5.23"
VLLM_ASCEND = "vllm-ascend==0.18.0"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--guildhall", required=True, help="the program")
    parser.add_argument("--plan", required=True, type=pathlib.Path)
    parser.add_argument("--layers", type=int, help="layers of the model, dense ones included")
    parser.add_argument("--sglang", type=pathlib.Path, help="wheel")
    parser.add_argument("--vllm-ascend", type=pathlib.Path, help="wheel")
    parser.add_argument("--tensorrt-llm", type=pathlib.Path, help="llm_args.py of TensorRT-LLM")
    options = parser.parse_args()
    plan = Plan(json.loads(options.plan.read_text()), options.layers)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_sglang(options, plan, folder)
        check_vllm_ascend(options, plan, folder)
        check_tensorrt_llm(options, plan, folder)


class Plan:
    def __init__(self, data, layers):
        self.devices = data["nodes"] * data["devices_per_node"]
        self.blocks = {layer["layer"]: layer["devices"] for layer in data["layers"]}
        self.experts = 1 + max(expert for devices in self.blocks.values() for held in devices for expert in held)
        self.width = max(len(held) for devices in self.blocks.values() for held in devices)
        self.slots = self.devices * self.width
        self.layers = layers or max(self.blocks) + 1

    def says(self, block, slots):
        """Whether slots begin with what the plan puts on each device; what is left over may be any copies."""
        held = [slots[start:start + self.width] for start in range(0, self.slots, self.width)]
        return len(slots) == self.slots and all(
            there[:len(planned)] == planned for there, planned in zip(held, self.blocks[block]))


def export(options, file, *arguments):
    command = [options.guildhall, "plan", "export", str(options.plan), "--output", str(file), *arguments]
    if options.layers and "sglang" in arguments:
        command += ["--layers", str(options.layers)]
    subprocess.run(command, check=True)
    return file


def wheel_member(wheel, requirement, platform, member, folder):
    """A module's file out of a wheel, which is fetched if there is none."""
    if wheel is None:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--python-version", "3.11", "--platform", platform, "--dest", str(folder), requirement], check=True)
        wheel = next(folder.glob(requirement.split("==")[0].replace("-", "_") + "-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        return pathlib.Path(archive.extract(member, folder))


def load(path, name, stand_ins):
    """Imports a file with stand-ins for some of the modules it imports."""
    for module, attributes in stand_ins.items():
        parts = module.split(".")
        for depth in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:depth]), types.ModuleType(parts[depth - 1]))
        for key, value in attributes.items():
            setattr(sys.modules[module], key, value)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def check_sglang(options, plan, folder):
    file = export(options, folder / "sglang.json", "--format", "sglang")
    path = wheel_member(
        options.sglang, SGLANG, "manylinux_2_34_x86_64", "sglang/srt/eplb/expert_location.py", folder)
    moe = types.SimpleNamespace(
        init_expert_location=str(file), ep_num_redundant_experts=plan.slots - plan.experts, ep_join_mode=None,
        moe_a2a_backend="none", ep_dispatch_algorithm="static", eplb_algorithm="auto")
    parallel = types.SimpleNamespace(ep_size=plan.devices, nnodes=1, elastic_ep_initial_size=None)

    class Model:
        @staticmethod
        def get_model_config_for_expert_location(_):
            return module.ModelConfigForExpertLocation(num_layers=plan.layers, num_logical_experts=plan.experts)

    module = load(path, "sglang_expert_location", {
        "sglang.srt.runtime_context": {
            "get_device": lambda: types.SimpleNamespace(device="cpu"),
            "get_exec": lambda: types.SimpleNamespace(moe=moe),
            "get_parallel": lambda: parallel, "get_resources": lambda: None},
        "sglang.srt.model_loader": {"get_model_architecture": lambda _: (Model, "Model")},
        "sglang.srt.elastic_ep.elastic_ep": {"elastic_expanded_world_enabled": lambda: False},
    })
    config = types.SimpleNamespace(hf_config=None)
    for rank in range(plan.devices):
        data = module.compute_initial_expert_location_metadata(config, rank)
        assert data.num_layers == plan.layers and data.num_physical_experts == plan.slots
        assert data.num_local_physical_experts == plan.width
        for block in plan.blocks:
            held = data.physical_to_logical_map[block].tolist()
            assert plan.says(block, held), (block, rank)
            for expert in range(plan.experts):
                slots = data.logical_to_all_physical(block, expert)
                assert slots == [slot for slot in range(plan.slots) if held[slot] == expert]
    print(f"sglang: {SGLANG} reads {plan.layers} layers, {plan.slots} slots on {plan.devices} devices as planned")


def check_vllm_ascend(options, plan, folder):
    file = export(options, folder / "ascend.json", "--format", "vllm-ascend")
    path = wheel_member(
        options.vllm_ascend, VLLM_ASCEND, "manylinux_2_24_x86_64", "vllm_ascend/eplb/core/eplb_utils.py", folder)
    import logging
    module = load(path, "ascend_eplb_utils", {
        "vllm.logger": {"logger": logging.getLogger("vllm")},
        "vllm.model_executor.layers.fused_moe.layer": {"determine_expert_map": None},
    })
    torch.Tensor.npu = lambda self: self  # the accelerator's copy of a tensor
    eplb = types.SimpleNamespace(expert_map_path=str(file), dynamic_eplb=False, num_redundant_experts=0)
    for index, block in enumerate(sorted(plan.blocks)):
        placement, physical = module.expert_file_to_tensor(str(file), index)
        devices = placement.tolist()
        held = [expert for device in devices for expert in device]
        assert plan.says(block, held) and physical == plan.slots, block
        for rank in range(plan.devices):
            moe = types.SimpleNamespace(num_experts=plan.experts, ep_size=plan.devices, ep_rank=rank, supports_eplb=True)
            _, local, slots, redundant = module.init_eplb_config(eplb, index, moe)
            assert redundant == plan.slots - plan.experts
            assert all(devices[rank][int(local[expert])] == expert for expert in devices[rank])
            for expert, slot in enumerate(slots.tolist()):
                assert held[slot] == expert
    print(f"vllm-ascend: {VLLM_ASCEND} reads {len(plan.blocks)} layers as planned")


def check_tensorrt_llm(options, plan, folder):
    file = export(options, folder / "tensorrt.yaml", "--format", "tensorrt-llm")
    data = yaml.safe_load(file.read_text())
    assert set(data) == {"num_slots", "initial_global_assignments", "layer_updates_per_iter"}
    assert data["num_slots"] == plan.slots and data["layer_updates_per_iter"] == 0
    for block in plan.blocks:
        assert plan.says(block, data["initial_global_assignments"][block])
    print("tensorrt-llm: the documented fields, as planned")
    if options.tensorrt_llm is None:
        return
    reader = load_classes(options.tensorrt_llm, ["StrictBaseModel", "MoeLoadBalancerConfig"])["MoeLoadBalancerConfig"]
    for rank in range(plan.devices):
        config = reader(**data)
        config.setup(ep_rank=rank, ep_size=plan.devices)
        for block in plan.blocks:
            slots = config.get_layer_initial_global_assignments(block)
            assert plan.says(block, slots)
            assert (config.slot_start, config.slot_end) == (rank * plan.width, (rank + 1) * plan.width)
    print("tensorrt-llm: MoeLoadBalancerConfig reads it as planned")


def load_classes(path, names):
    """Some classes of a module that cannot be imported whole."""
    tree = ast.parse(path.read_text())
    wanted = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in names]
    header = "from typing import *\nfrom pydantic import BaseModel, ConfigDict, Field, PrivateAttr\n"
    space = {}
    exec(compile(header + "\n".join(ast.unparse(node) for node in wanted), str(path), "exec"), space)
    return space


if __name__ == "__main__":
    main()
