"""What a crew in China reads: faults and holders, each with what to do. The other tables of texts.py have no Chinese yet.

Terms as in docs/installer/zh.md. A number in front is the outlet's, a name the site file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ZH: Final[Mapping[str, Mapping[str, str]]] = {
    "fault": {
        "scan_exception": "安全扫描出错，控制板已断开全部输出并重启；反复出现就换板",
        "scan_timer_silent": "扫描定时器停了，控制板已重启；反复出现就换板",
        "clock_stopped": "计时停了，控制板已重启；换板",
        "scan_overrun": "扫描连续十次超时，控制板已重启；先查有没有抖动的输入",
        "task_exception": "程序任务出错，控制板已重启；请把日志发给厂家",
        "task_stuck": "程序任务卡住，控制板已重启；反复出现就换板",
        "main_exception": "启动失败；执行 shed doctor，再重新刷写",
        "meter_stale": "电表无应答：碰插座之前先拉断路器；查电表的电源、A/B 线、地址，修好后执行 shed clear",
        "welded": "继电器粘连：先拉断路器，换继电器，再执行 shed clear",
        "point_fault": "探测回路故障：开路、短路查接线和终端电阻；可疑（suspect）查市电电缆的工频干扰、松动的端子；期间不能开始充电",
        "output_readback": "输出不受控，插座可能带电：先拉断路器；换板",
        "journal_full": "日志写不进去，不能开始新的充电；空闲一分钟再看",
        "config_bad": "没有有效的配置；执行 shed config push",
        "cards_bad": "没有有效的卡表，所有卡都被拒绝；执行 shed cards import。出门不受影响",
        "boot_loop": "连续多次启动失败，处于安全模式，插座断电，门不上锁：用 shed log 看原因，排除后执行 shed clear，板会重启",
        "reader_silent": "读卡器无应答；查电源和线",
        "gate_forced": "门在上锁时被打开；查锁、门磁和门磁线",
        "gate_held": "门开着太久；关门，关着仍报就查门磁",
        "hint_storm": "输入抖动；查松动的触点和旁边的市电电缆",
        "watchdog": "控制板被看门狗重启过：一次，记下后执行 shed clear；反复出现就换板",
        "dead_contact": "继电器吸合但没有电：查触点和保险",
        "self_test": "自检未通过，插座保持断电：按复位键；仍不通过，执行 shed flash",
        "unprotected": "没有心跳电路：死机时插座和电锁都保持原状，不得投用；请加装",
        "expander_bus": "扩展芯片总线退出运行；查总线接线和电源，修好后执行 shed clear",
        "blind": "火警点位读不到，它所保护的插座已断电；查接线和扩展总线",
        "wrong_board": "配置不是给这块板做的，处于安全模式；用本棚的文件执行 shed install",
        "clock_unset": "没有校时，有有效期的卡过期后仍能开门；执行 shed status --site 站点文件，即可校时",
        "trip_unknown": "有别的配置留下的联动仍在锁定；逐个检查探测器和报警按钮，再执行 shed clear",
        "records_lost": "有交易或联动记录没写进去；空闲一分钟再看，仍在就先导出再换板",
        "supply_lost": "整排没电：先查断路器和漏保，再查接触器和电表的 RS-485 线",
        "low_voltage": "电压过低或反复骤降，充电暂停、不计费，恢复时间逐次加长；查进线，联系供电部门",
        "live_outlet": "继电器和接触器都粘连，插座带电：立即拉断路器，更换继电器和接触器，再执行 shed clear",
        "meters_mixed": "电表读到的是别的插座：查互感器、接线、地址有没有互换；改正后执行 shed clear，在此之前插座保持断电",
        "meter_jump": "电表读数跳变；是否换过或清零过？没有人动过还跳就换表",
    },
    "subject": {
        "point": "点位",
        "reader": "读卡器",
        "gate": "门",
        "group": "分组",
        "expander bus": "扩展总线",
    },
    "holder": {
        "boot_lock": "上电延时，自己会结束",
        "trip": "消防联动已锁定：先排除原因，再执行 shed clear",
        "fault": "有故障：执行 shed faults",
        "safe_mode": "多次启动失败后的安全模式：执行 shed faults",
        "maintenance": "正在维护：复位控制板即恢复运行",
        "self_test": "自检中或自检未通过：执行 shed faults",
        "meter_stale": "它的电表无应答：查 RS-485 接线和地址",
        "load_budget": "等待功率：本组已到上限",
        "no_session": "没有付费的充电：先刷卡，后按按钮",
        "stagger": "停电之后排队逐个恢复，自己会结束",
        "lease": "没有请求让它通电",
        "point_fault": "火警点位故障：修好之前不能开始，停电之后也不恢复",
        "welded": "先拉断路器：继电器粘连；更换后执行 shed clear",
        "relay_bus": "本组继电器的扩展总线退出运行：执行 shed faults",
        "blind": "保护它的火警点位读不到：执行 shed faults",
        "wrong_board": "配置不是给这块板做的：shed install 站点文件 --replace-site 站点号",
        "supply": "本组没电或电压过低：执行 shed faults",
        "live": "先拉断路器：本组有插座可能带电；看过之后执行 shed clear",
    },
}
