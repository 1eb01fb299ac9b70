// What a simulation is asked for: seed, requests, replications, warm-up; and the policies beside it.
#pragma once

#include <QWidget>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

class QAction;
class QDoubleSpinBox;
class QMenu;
class QSpinBox;

namespace headroom {
struct StudySettings;
}

namespace headroom::ui {

/// The numbers, for a pop-up.
class StudyForm final : public QWidget {
    Q_OBJECT

public:
    explicit StudyForm(QWidget* parent = nullptr);
    ~StudyForm() override;
    /// Shows settings without telling anybody.
    void display(const StudySettings&);

signals:
    /// `settings` are those shown last with what the user changed.
    void changed(const headroom::StudySettings& settings);

private:
    void fill();
    void read();

    std::unique_ptr<StudySettings> m_settings;
    QSpinBox *m_seed, *m_requests, *m_replications, *m_warmup;
    QDoubleSpinBox *m_horizon, *m_until;
};

/// "100,000 requests, seed 1"
QString settingsText(const StudySettings&);

/// Fills a menu with the presets as check boxes: at most StudySettings::kMostPolicies are chosen.
class PolicyMenu final : public QObject {
    Q_OBJECT

public:
    explicit PolicyMenu(QMenu* menu);
    void display(const StudySettings&);
    QAction* action(std::string_view preset) const;

signals:
    void chosen(const std::vector<std::string>& policies);

private:
    void read();
    std::vector<QAction*> m_actions;
};

} // namespace headroom::ui
